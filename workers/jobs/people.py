"""The task that goes on with imports of people."""

from celery import shared_task

from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.mailflow.roster import keeping

from .turns import Lane, turn

PEOPLE = Lane(1)


@shared_task(name=Job.PEOPLE.value)
def people_due() -> None:
    """Go on with the tables of people that wait."""
    PEOPLE.run(_go_on)


def _go_on() -> None:
    looking(sync_client(), Job.PEOPLE)
    if keeping.is_due():
        # Loaded by who has something to import.
        from apps.mailflow.roster import runs

        runs.go_on_with_all(turn().may_claim)
