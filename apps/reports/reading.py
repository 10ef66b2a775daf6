"""The reader of what came: one message after the other, each in a transaction of its own, hostile ones refused."""

import logging
from collections.abc import Callable

from django.utils import timezone

from apps.domains.models import Domain
from apps.events.transactions import perform, query
from apps.protocols.mailauth.reports import ReportError, read_report
from apps.protocols.mailauth.reports.limits import MAX_MESSAGE_BYTES
from apps.store import blobs

from . import services, sql
from .models import Incoming

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3


def is_due() -> bool:
    """Say whether anything waits."""
    return Incoming.objects.exists()


def read_all(may_go_on: Callable[[], bool]) -> int:
    """Read what waits; return how many reports were kept."""
    kept = 0
    while may_go_on():
        rows = perform(query(sql.NEXT, (1,)))
        if not rows:
            break
        id_, domain_id, organisation_id, blob_hash, size, trace_id, is_sure, attempts, _ = rows[0]
        told = {"trace_id": str(trace_id), "size": size}
        try:
            if attempts > MOST_ATTEMPTS:
                raise ReportError("it could not be read to its end, again and again")  # noqa: TRY301
            if size > MAX_MESSAGE_BYTES:
                raise ReportError(f"a message of {size} bytes")  # noqa: TRY301
            domain = Domain.objects.get(id=domain_id)
            message = perform(blobs.get(blobs.BlobRef(organisation_id, bytes(blob_hash), size)))
            report = read_report(message)
            del message
            if services.file_report(domain=domain, report=report, trace_id=trace_id, now=timezone.now()):
                kept += 1
                log.info("report kept", extra={**told, "domain": domain.name, "kind": type(report).__name__})
            else:
                log.info("report known already", extra={**told, "domain": domain.name})
        except ReportError as error:
            if is_sure:
                log.warning("report refused", extra={**told, "reason": str(error)})
        except (blobs.BlobMissingError, Domain.DoesNotExist):
            log.warning("report gone", extra=told)
        Incoming.objects.filter(id=id_).delete()
    return kept
