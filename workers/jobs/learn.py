"""The task that learns from what people mark as junk, or as none."""

from celery import shared_task

from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.spam.marks import learning

from .turns import Lane, turn

LEARN = Lane(1)


@shared_task(name=Job.LEARN.value)
def learn_due() -> None:
    """Learn from the marks nobody has learned from."""
    LEARN.run(_learn)


def _learn() -> None:
    looking(sync_client(), Job.LEARN)
    if learning.is_due():
        # Loaded by who has something to learn.
        from apps.spam.marks import apart

        learning.learn_due(apart.for_learning(), turn().may_claim)
