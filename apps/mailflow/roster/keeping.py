"""Runs are kept for a week, passwords that were made until they were taken; light enough for every worker."""

from datetime import datetime, timedelta

from apps.mailflow.models import Roster, RosterLine

KEEP = timedelta(days=7)


def is_due() -> bool:
    """Say whether a run waits for somebody to go on with it."""
    return Roster.objects.filter(state=Roster.State.GOING).exists()


def forget(*, now: datetime) -> int:
    """Remove runs that are older than a week, and passwords whose time is over; return how many runs went."""
    RosterLine.objects.filter(password__isnull=False, roster__passwords_until__lt=now).update(password=None)
    old = Roster.objects.filter(created_at__lt=now - KEEP)
    return old.delete()[1].get(Roster._meta.label, 0)  # noqa: SLF001  # Django's own name for it
