"""Tasks that deliver: each asks the database what is due, so that a lost or doubled call does not matter."""

from celery import shared_task

from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.mailflow import run_queue

from .remote import carry
from .turns import turn


@shared_task(name=Job.DELIVER_LOCAL.value)
def deliver_local_due() -> None:
    """File what is due into our mailboxes."""
    looking(sync_client(), Job.DELIVER_LOCAL)
    run_queue.run_local(turn())


@shared_task(name=Job.DELIVER_REMOTE.value)
def deliver_remote_due() -> None:
    """Carry what is due to other servers, on a loop of its own."""
    looking(sync_client(), Job.DELIVER_REMOTE)
    if run_queue.is_due():
        carry(turn())
