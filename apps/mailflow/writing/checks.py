"""What a letter must pass before it is queued: the same questions submission asks, all of them while its author waits."""

import datetime as dt
import enum
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from apps.events.transactions import Plan, perform, query
from apps.events.valkey import sync_client
from apps.mailboxes.sql import Leads
from apps.mailflow import policy, rate, routing, submit
from apps.mailflow.arrivals import Routed, Transaction
from apps.mailflow.examine import TEXT_LIMIT, Facts
from apps.mailflow.rate import Rate
from apps.mailflow.receive import ROLES, here
from apps.mailflow.verdicts import Accept, Refuse
from apps.protocols.addresses import Address
from apps.protocols.mime.scan import Scanned, scan
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt

from . import sql
from .fields import Fields, address_of


class Reason(enum.StrEnum):
    """Why a letter was not sent."""

    NO_RECIPIENTS = "no_recipients"
    BAD_ADDRESS = "bad_address"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    SENDER_NOT_YOURS = "sender_not_yours"
    SWITCHED_OFF = "switched_off"
    NO_SUCH_USER = "no_such_user"
    MAILBOX_FULL = "mailbox_full"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    FILE_GONE = "file_gone"
    REFUSED = "refused"
    STALE = "stale"
    DRAFT_GONE = "draft_gone"
    KEY_USED = "key_used"
    TOO_SOON = "too_soon"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class NotSent:
    """The letter was not sent, and nothing changed; `about` are the addresses that are the trouble."""

    reason: Reason
    about: tuple[str, ...] = ()


def recipients(fields: Fields) -> list[Address] | NotSent:
    """Return everyone a letter goes to, each once."""
    found: dict[str, Address] = {}
    bad = []
    for person in fields.recipients:
        if (address := address_of(person)) is None:
            bad.append(person.address)
        else:
            found.setdefault(address.key, address)
    if bad:
        return NotSent(Reason.BAD_ADDRESS, tuple(bad))
    if not found:
        return NotSent(Reason.NO_RECIPIENTS)
    if len(found) > settings.MAIL_MAX_RECIPIENTS:
        return NotSent(Reason.TOO_MANY_RECIPIENTS, (str(settings.MAIL_MAX_RECIPIENTS),))
    return list(found.values())


def author(user_id: int, address: Address, body: bytes) -> NotSent | None:
    """Refuse who is let in no more, and a From that is not theirs: as submission does, by the message's own header."""
    [(is_let_in,)] = perform(query(sql.IS_LET_IN, (user_id,)))
    if not is_let_in:
        return NotSent(Reason.SWITCHED_OFF)
    if not perform(submit.is_theirs(user_id, address)):
        return NotSent(Reason.SENDER_NOT_YOURS, (str(address),))
    if perform(submit.authors(user_id, address, body)) is not None:
        return NotSent(Reason.SENDER_NOT_YOURS, (str(address),))
    return None


def judged(body: bytes) -> Scanned | NotSent:
    """Examine and judge a message as one that came by SMTP."""
    if len(body) > settings.MAIL_MAX_MESSAGE_BYTES:
        return NotSent(Reason.TOO_LARGE, (str(settings.MAIL_MAX_MESSAGE_BYTES),))
    facts = Facts(scan(body, text_limit=TEXT_LIMIT))
    return NotSent(Reason.REFUSED) if policy.judge(facts) is not None else facts.scanned


def routed(
    sender: Address, to: Sequence[Address], *, organisation_id: int, size: int, trace_id: UUID
) -> Transaction | NotSent:
    """Say where a letter goes, in one statement; refuse it if one of ours does not exist or has no room."""
    found = perform(_find(to))
    transaction = Transaction(Mail(sender, size=size), trace_id)
    unknown: list[str] = []
    full: list[str] = []
    for address in to:
        route, rcpt = found[address.key], Rcpt(address)
        if route.leads == Leads.ELSEWHERE:
            answer = Routed(Accept(replies.RECIPIENT_OK), (routing.remote(rcpt, organisation_id),))
        else:
            answer = here(route, size, rcpt)
        if isinstance(answer.verdict, Accept):
            transaction.take(rcpt, answer)
        else:
            (unknown if isinstance(answer.verdict, Refuse) else full).append(str(address))
    if unknown:
        return NotSent(Reason.NO_SUCH_USER, tuple(unknown))
    if full:
        return NotSent(Reason.MAILBOX_FULL, tuple(full))
    return transaction


def _find(to: Sequence[Address]) -> Plan[dict[str, routing.Routing]]:
    """Route them; the server's own name answers to the names every host must, as it does to strangers."""
    found = yield from routing.find([address.key for address in to])
    for address in to:
        domain = address.domain
        while (
            found[address.key].leads == Leads.ELSEWHERE
            and address.local.lower() in ROLES
            and address.key.endswith(f"@{settings.MAIL_HOSTNAME}")
            and "." in domain
        ):
            domain = domain.partition(".")[2]
            key = Address(address.local, domain).key
            found[address.key] = (yield from routing.find([key]))[key]
    return found


def within_rate(user_id: int, count: int) -> NotSent | None:
    """Count recipients against the user's rate, which all doors share."""
    allowed = Rate("user", settings.MAIL_RATE_USER, 3600)
    if rate.take(sync_client(), allowed, str(user_id), count, now=time.time()):
        return None
    return NotSent(Reason.RATE_LIMITED)


def sent_date(now: dt.datetime, until: dt.datetime, *, scheduled: bool) -> dt.datetime:
    """Return the Date of a letter: when it was sent, and of one for later, when it will be."""
    return until if scheduled else now
