"""A recipient that could not be reached becomes a report to the sender, queued like any other message.

The report is queued in the transaction that settles the failure, so it is sent once or not at all. Nothing is
reported to the null sender: two servers would answer each other for ever (RFC 5321 4.5.5).
"""

import datetime as dt
import logging
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from apps.events import trace
from apps.events.transactions import Plan
from apps.mailboxes.sql import Leads, route
from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime.scan import scan
from apps.protocols.smtp import dsn
from apps.queue import facts, services
from apps.queue.couriers import Deferred, Failed, Parcel
from apps.queue.envelopes import Envelope, NewMessage, Recipient
from apps.queue.models import Lane, Origin
from apps.store import blobs

from .signing import signed

log = logging.getLogger(__name__)

MAX_RETURNED = 1024 * 1024
HEADER_BYTES = 64 * 1024
EXPIRED_STATUS = "5.4.7"  # Delivery time expired (RFC 3463 3.5), and nothing more will be tried.

# What a failure means, in the words of somebody who explains it; by the first enhanced code that fits.
REASONS: Sequence[tuple[str, str]] = (
    (r"5\.1\.10", "This domain does not accept mail."),
    (r"5\.1\.[1236]", "This address does not exist."),
    (r"5\.2\.1", "This mailbox is switched off."),
    (r"[45]\.2\.2", "The mailbox is full."),
    (r"5\.(2\.3|3\.4)", "The message is too large for the other side."),
    (r"5\.4\.4", "This domain has no mail server."),
    (r"5\.4\.6", "The message went round in circles."),
    (r"5\.6\.7", "The other side cannot carry addresses with letters beyond ASCII."),
    (r"5\.7\.30", "It was to travel encrypted all the way, which the other side does not promise."),
    (r"5\.7\.", "The other side refused the message by its rules."),
)
OTHER = "The other side refused the message."
TOO_LATE = "It was tried for as long as we promise, without success."


@dataclass(frozen=True, slots=True)
class Failure:
    """One parcel that ended badly: refused for good, or deferred for the last time."""

    parcel: Parcel
    outcome: Failed | Deferred

    @property
    def is_wanted(self) -> bool:
        """Whether the sender is to be told (RFC 3461 4.1: unless NOTIFY says otherwise)."""
        notify = self.parcel.recipient.notify.upper()
        return bool(self.parcel.envelope.sender) and (not notify or "FAILURE" in notify.split(","))


def report(failures: Sequence[Failure], *, now: dt.datetime) -> Plan[list[int]]:
    """Queue one report a message for what failed; return the ids of the queued reports."""
    by_message: dict[int, list[Failure]] = {}
    for failure in failures:
        if failure.is_wanted:
            by_message.setdefault(failure.parcel.message_id, []).append(failure)
    queued: list[int] = []
    for group in by_message.values():
        queued += yield from _report(group, now)
    return queued


def _report(failures: list[Failure], now: dt.datetime) -> Plan[list[int]]:
    first = failures[0].parcel
    recipients = yield from _sender_as_recipients(first)
    if not recipients:
        return []
    organisation_id = recipients[0].organisation_id
    original = yield from _original(first)
    data = write(failures, original, now=now, message_id=f"{uuid.uuid4()}@{settings.MAIL_HOSTNAME}")
    # It is from our own name, which lies in a domain of ours if anybody is to believe it.
    prefix = yield from signed(data, [settings.MAIL_HOSTNAME], now)
    [ref] = yield from blobs.put_many(organisation_id, [data])
    envelope = Envelope("", smtputf8=not first.envelope.sender.isascii(), eight_bit=not data.isascii())
    told = {
        "recipient": ", ".join(failure.parcel.recipient.address for failure in failures[:20]),
        "to": first.envelope.sender,
    }
    yield from trace.record([trace.Event(first.trace_id, trace.Kind.BOUNCED, organisation_id, told)])
    return (
        yield from services.enqueue(
            [
                NewMessage(
                    organisation_id=organisation_id,
                    blob_hash=ref.hash,
                    size=ref.size,
                    facts=facts.pack(scan(data)),
                    envelope=envelope,
                    recipients=recipients,
                    prefix=prefix,
                    trace_id=first.trace_id,
                    origin=Origin.INTERNAL,
                    accepted_at=now,
                )
            ]
        )
    )


def _sender_as_recipients(parcel: Parcel) -> Plan[tuple[Recipient, ...]]:
    """Return where the sender's mail leads; nothing when it leads nowhere, and the report is dropped."""
    try:
        address = Address.parse(parcel.envelope.sender, forgiving=True)
    except AddressError:
        return ()
    found = yield from route(address.key)
    if found.leads == Leads.ELSEWHERE:
        return (Recipient(str(address), Lane.REMOTE, parcel.organisation_id, address.domain),)
    if found.leads != Leads.HERE:
        log.info("report dropped", extra={"sender": str(address), "trace_id": str(parcel.trace_id)})
    # A report to an alias goes to our mailboxes and to nobody else: what it holds is not for strangers.
    return tuple(
        Recipient(
            place.address,
            Lane.LOCAL,
            place.organisation_id,
            place.address.rpartition("@")[2],
            place.mailbox_id,
        )
        for place in found.places
        if place.mailbox_id is not None and place.organisation_id is not None
    )


def _original(parcel: Parcel) -> Plan[bytes]:
    """Return what is sent back: the message if it was asked for and is small, else its headers."""
    ref = blobs.BlobRef(parcel.organisation_id, parcel.blob_hash, parcel.size)
    end = MAX_RETURNED if _returns_all(parcel) else HEADER_BYTES
    return (yield from blobs.get_range(ref, 0, end))


def _returns_all(parcel: Parcel) -> bool:
    """Whether the whole message goes back; never what was to travel by TLS alone, for a report may not (RFC 8689 5)."""
    is_wanted = parcel.envelope.ret.upper() == "FULL" and not parcel.envelope.requiretls
    return is_wanted and parcel.size <= MAX_RETURNED


def write(failures: Sequence[Failure], original: bytes, *, now: dt.datetime, message_id: str) -> bytes:
    """Return the report as a message."""
    first = failures[0].parcel
    subject = facts.unpack(first.facts).subject
    words = {
        "failures": [_words(failure) for failure in failures],
        "subject": subject,
        "accepted": first.accepted_at.strftime("%Y-%m-%d %H:%M UTC"),
        "is_expired": all(isinstance(failure.outcome, Deferred) for failure in failures),
        "hostname": settings.MAIL_HOSTNAME,
    }
    return dsn.write(
        dsn.Report(
            reporting_mta=settings.MAIL_HOSTNAME,
            to=first.envelope.sender,
            subject="Your message was not delivered",
            explanation=render_to_string("mail/bounce.txt", words),
            message_id=message_id,
            now=now,
            recipients=[_status(failure, now) for failure in failures],
            arrived=first.accepted_at,
            envelope_id=first.envelope.envid,
            original=original,
            return_full=_returns_all(first),
            boundary=f"report-{first.trace_id.hex}",
        )
    )


def _words(failure: Failure) -> dict[str, str]:
    reply, host = failure.outcome.reply, failure.outcome.host
    if isinstance(failure.outcome, Deferred):
        reason = TOO_LATE
    else:
        reason = next((text for code, text in REASONS if re.match(code, reply.enhanced)), OTHER)
    words = dsn.one_line(f"{reply.code} {reply.enhanced} {reply.text}")
    return {"address": failure.parcel.recipient.address, "reason": reason, "host": host, "words": words}


def _status(failure: Failure, now: dt.datetime) -> dsn.RecipientStatus:
    reply = failure.outcome.reply
    is_expired = isinstance(failure.outcome, Deferred)
    return dsn.RecipientStatus(
        address=failure.parcel.recipient.address,
        action=dsn.Action.FAILED,
        status=EXPIRED_STATUS if is_expired else reply.enhanced or f"{str(reply.code)[0]}.0.0",
        original=failure.parcel.recipient.orcpt,
        remote_mta=failure.outcome.host.partition("[")[0],
        diagnostic=f"{reply.code} {reply.enhanced} {reply.text}",
        last_attempt=now,
    )
