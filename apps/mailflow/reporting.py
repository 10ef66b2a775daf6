"""Reports about others, sent: once a day to whoever asked for them, by the queue like any other message.

A report is written in the transaction that remembers it was, so nobody gets two. What DNS does not answer is asked
again in the next turn, for as long as the observations are kept.
"""

import datetime as dt
import logging
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.domains.models import DkimKey, Domain
from apps.domains.resolver import Resolver
from apps.events.transactions import Plan, perform
from apps.protocols.mailauth.dmarc import By, Destination, Record, ReportUri, check_destination
from apps.protocols.mailauth.dmarc.organizational import Asker, FaultError
from apps.protocols.mailauth.dmarc.record import read_uris
from apps.protocols.mailauth.lookups import Inquiry
from apps.protocols.mailauth.reports.writing import Letterhead, aggregate_message, tls_message
from apps.protocols.mime.scan import scan
from apps.queue import facts, services
from apps.queue.envelopes import Envelope, NewMessage, Recipient
from apps.queue.models import Lane, Origin
from apps.reports import telling
from apps.reports.models import Received
from apps.reports.telling import Due
from apps.store import blobs

from .signing import signed

log = logging.getLogger(__name__)

AT_ONCE = 200
MOST_RECIPIENTS = 5
LOCAL_PART = "noreply-reports"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who asked for reports about a domain; `why` says why nobody gets one."""

    recipients: tuple[ReportUri, ...] = ()
    record: Record | None = None
    why: str = ""


def tell_all(may_go_on: Callable[[], bool], *, now: dt.datetime, resolver: Resolver | None = None) -> int:
    """Send what is due about the days that are over; return how many messages were queued."""
    resolver = resolver or Resolver()
    sent = 0
    for kind in (Received.Kind.DMARC, Received.Kind.TLS):
        for item in telling.due(kind, today=now.astimezone(dt.UTC).date(), limit=AT_ONCE):
            if not may_go_on():
                return sent
            try:
                wanted = _wanted(item, resolver)
            except FaultError as error:
                log.info("report waits for DNS", extra={"domain": item.policy_domain, "error": str(error)})
                continue
            sent += _tell(item, wanted, now)
    return sent


def _wanted(item: Due, resolver: Resolver) -> Wanted:
    if Domain.objects.filter(name=item.policy_domain).exists():
        return Wanted(why="a domain of ours")
    if item.kind is Received.Kind.DMARC:
        record = resolver.run_sync(_record(item.policy_domain))
        if record is None:
            return Wanted(why="no DMARC record")
        uris = record.rua
    else:
        record = None
        uris = resolver.run_sync(_tls_uris(item.policy_domain))
    ours = set(
        Domain.objects.filter(name__in=[uri.address.domain for uri in uris]).values_list("name", flat=True)
    )
    agreed = []
    for uri in uris[:MOST_RECIPIENTS]:
        if uri.address.domain in ours:
            continue  # It would be a report to ourselves.
        if item.kind is Received.Kind.DMARC:
            match resolver.run_sync(_agrees(item.policy_domain, uri.address.domain)):
                case Destination.UNKNOWN:
                    raise FaultError(f"whether {uri.address.domain} takes reports")
                case Destination.REFUSED:
                    log.info(
                        "report not wanted",
                        extra={"domain": item.policy_domain, "destination": uri.address.domain},
                    )
                    continue
        agreed.append(uri)
    return Wanted(tuple(agreed), record, "" if agreed else "nobody asked for it, or agreed to get it")


def _agrees(domain: str, destination: str) -> Inquiry[Destination]:
    return check_destination(domain, destination, by=By(settings.MAIL_DMARC_ORGANIZATION))


def _record(domain: str) -> Inquiry[Record | None]:
    found = yield from Asker().published(domain)
    return found.record


def _tls_uris(domain: str) -> Inquiry[tuple[ReportUri, ...]]:
    """Read a TLSRPT record's addresses (RFC 8460 3); what asks for HTTPS is left out."""
    answer = yield from Asker().ask(f"_smtp._tls.{domain}", "TXT")
    records = [text for text in answer.texts if text.replace(" ", "").startswith("v=TLSRPTv1;")]
    if len(records) != 1:
        return ()
    for tag in records[0].split(";")[1:]:
        name, _, value = tag.partition("=")
        if name.strip() == "rua":
            return read_uris(value)
    return ()


def _tell(item: Due, wanted: Wanted, now: dt.datetime) -> int:
    ours = _author(item.organisation_id)
    if not wanted.recipients or ours is None:
        telling.done(item, recipients=(), outcome=wanted.why or "no domain to send from")
        return 0
    letters = [(uri, _write(item, wanted, uri, ours.name, now)) for uri in wanted.recipients]
    fitting = [(uri, body) for uri, body in letters if uri.max_bytes is None or len(body) <= uri.max_bytes]
    addresses = [str(uri.address) for uri, _ in fitting]
    with transaction.atomic():
        outcome = "sent" if fitting else "larger than its recipients take"
        if not telling.done(item, recipients=addresses, outcome=outcome):
            return 0
        perform(_queue(item.organisation_id, fitting, ours.name, now))
    log.info("report queued", extra={"domain": item.policy_domain, "to": addresses, "kind": item.kind.value})
    return len(fitting)


def _author(organisation_id: int) -> Domain | None:
    """Return the domain that reports come from: one that signs, for what is not signed is seldom taken."""
    domains = Domain.objects.filter(organisation_id=organisation_id, is_active=True)
    signs = DkimKey.objects.filter(domain=OuterRef("id"), state=DkimKey.State.ACTIVE)
    return domains.annotate(signs=Exists(signs)).order_by("-signs", "id").first()


def _write(item: Due, wanted: Wanted, uri: ReportUri, ours: str, now: dt.datetime) -> bytes:
    author = f"{LOCAL_PART}@{ours}"
    report_id = f"{item.day:%Y%m%d}.{secrets.token_hex(8)}@{settings.MAIL_HOSTNAME}"
    head = Letterhead(author, str(uri.address), ours, f"{uuid.uuid4()}@{ours}", now)
    if wanted.record is not None:
        report = telling.aggregate(item, wanted.record, organisation=ours, email=author, report_id=report_id)
        return aggregate_message(report, head)
    sessions = telling.tls(item, organisation=ours, contact=author, report_id=report_id)
    return tls_message(sessions, head, item.policy_domain)


def _queue(
    organisation_id: int, letters: list[tuple[ReportUri, bytes]], ours: str, now: dt.datetime
) -> Plan[list[int]]:
    prefixes = []
    for _, body in letters:
        prefixes.append((yield from signed(body, [ours], now)))
    refs = yield from blobs.put_many(organisation_id, [body for _, body in letters])
    return (
        yield from services.enqueue(
            [
                NewMessage(
                    organisation_id=organisation_id,
                    blob_hash=ref.hash,
                    size=ref.size,
                    facts=facts.pack(scan(body)),
                    # Nobody reads what could not be delivered, so nobody is told.
                    envelope=Envelope(""),
                    recipients=(
                        Recipient(str(uri.address), Lane.REMOTE, organisation_id, uri.address.domain),
                    ),
                    prefix=prefix,
                    trace_id=uuid.uuid4(),
                    origin=Origin.INTERNAL,
                    accepted_at=now,
                    priority=-1,
                )
                for (uri, body), ref, prefix in zip(letters, refs, prefixes, strict=True)
            ]
        )
    )
