"""Tasks that deliver: each asks the database what is due, so that a lost or doubled call does not matter."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.mailflow import run_queue
from apps.mailflow.writing import release

from .remote import carry
from .turns import Lane, turn

LOCAL = Lane(1)
RELEASE = Lane(1)
# A second run begins anew where slow hosts keep the first from ending.
REMOTE = Lane(2)


@shared_task(name=Job.DELIVER_LOCAL.value)
def deliver_local_due() -> None:
    """File what is due into our mailboxes."""
    LOCAL.run(_deliver_local)


def _deliver_local() -> None:
    looking(sync_client(), Job.DELIVER_LOCAL)
    run_queue.run_local(turn())


@shared_task(name=Job.DELIVER_REMOTE.value)
def deliver_remote_due() -> None:
    """Carry what is due to other servers, on a loop of its own."""
    REMOTE.run(_deliver_remote)


def _deliver_remote() -> None:
    looking(sync_client(), Job.DELIVER_REMOTE)
    if run_queue.is_due():
        connection.close()  # What follows has connections of its own, and may take minutes.
        carry(turn())


@shared_task(name=Job.RELEASE.value)
def release_due() -> None:
    """Let go what its authors can recall no longer."""
    RELEASE.run(_release)


def _release() -> None:
    looking(sync_client(), Job.RELEASE)
    release.release_due(turn(), now=timezone.now())
