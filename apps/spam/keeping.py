"""Judgements by day, and entries of lists whose time is over."""

from datetime import UTC, datetime

from django.conf import settings

from apps.events import partitions
from apps.events.transactions import perform

from .services import senders

BY_DAY = partitions.ByDay("spam_judgement", "judged_at")


def forget(now: datetime) -> list[str]:
    """Make the days ahead, drop the old, and forget what has expired; return what changed."""
    changed = perform(
        partitions.keep_days(now.astimezone(UTC).date(), keep=settings.MAIL_SPAM_DAYS, of=BY_DAY)
    )
    if gone := senders.forget_expired(now):
        changed.append(f"-{gone} entries")
    return changed
