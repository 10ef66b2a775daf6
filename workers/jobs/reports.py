"""The task that reads reports that came."""

from celery import shared_task

from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.reports import reading

from .turns import Lane, turn

REPORTS = Lane(1)
"""One at a time: a hostile report may take as much memory as a reader may have."""


@shared_task(name=Job.REPORTS.value)
def reports_due() -> None:
    """Read the reports that wait."""
    REPORTS.run(_read)


def _read() -> None:
    looking(sync_client(), Job.REPORTS)
    if reading.is_due():
        reading.read_all(turn().may_claim)
