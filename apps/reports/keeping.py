"""How long reports are kept."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from .models import Complaint, Observation, Received, TlsObservation, Told

OBSERVED = dt.timedelta(days=7)
"""How long what we saw is kept: it was told the day after, or the domain's DNS did not answer for a week."""
BATCH = 500


def forget(may_go_on: Callable[[], bool], *, now: dt.datetime) -> int:
    """Remove what is older than MAIL_REPORT_DAYS, and observations that were told; return how many rows."""
    long_ago = now - dt.timedelta(days=settings.MAIL_REPORT_DAYS)
    seen = (now - OBSERVED).date()
    old: tuple[QuerySet[Any], ...] = (
        Observation.objects.filter(day__lt=seen),
        TlsObservation.objects.filter(day__lt=seen),
        Told.objects.filter(day__lt=long_ago.date()),
        Complaint.objects.filter(received_at__lt=long_ago),
        Received.objects.filter(received_at__lt=long_ago),
    )
    gone = 0
    for rows in old:
        while may_go_on():
            ids = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
            if not ids:
                break
            rows.model._default_manager.filter(id__in=ids).delete()  # noqa: SLF001 - Django's documented name
            gone += len(ids)
    return gone
