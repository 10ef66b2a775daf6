"""A worker killed between claiming and settling neither loses nor doubles a message."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models import Count

from apps.events.transactions import perform
from apps.events.wake import Job
from apps.mailboxes.models import Mailbox
from apps.queue.models import QueuedMessage, QueuedRecipient, State
from apps.store.models import Content, Message
from mailplatform.celery import app
from tests.factories import a_domain, a_mailbox
from tests.queue.letters import a_letter, local
from tests.workers.listener import ROOT, database_url

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_database"), pytest.mark.timeout(400)]
KILLS, PER_ROUND = 10, 600


@contextmanager
def a_worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run a real Celery worker of the local lane; it is killed, as by a power cut, when the block is left."""
    env = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test",
    }
    words = [sys.executable, "-m", "celery", "-A", "mailplatform.celery", "worker", "-Q", "local",
             "--pool", "solo", "--without-gossip", "--without-mingle"]  # fmt: skip
    process = subprocess.Popen(words, cwd=ROOT, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def settled(boxes: list[Mailbox]) -> int:
    """Count what has been delivered."""
    return QueuedRecipient.objects.filter(
        mailbox_id__in=[box.pk for box in boxes], state=State.DELIVERED
    ).count()


def await_progress(boxes: list[Mailbox], more_than: int) -> int:
    """Wake the worker until it has delivered something."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        app.send_task(Job.DELIVER_LOCAL.value, queue="local", ignore_result=True)
        for _ in range(100):
            if (now := settled(boxes)) > more_than:
                return now
            time.sleep(0.01)
    raise AssertionError("the worker delivers nothing")


def test_kill_9_neither_loses_nor_doubles() -> None:
    QueuedRecipient.objects.all().delete()
    domain = a_domain()
    boxes = [a_mailbox(f"user{n}", domain=domain) for n in range(3)]
    rng, queued, killed_in_the_middle = random.Random(7), 0, 0
    for _ in range(KILLS):
        for _ in range(PER_ROUND // len(boxes)):
            perform(a_letter(*(local(box.pk, domain.organisation_id, str(box)) for box in boxes)))
            queued += 1
        with a_worker():
            await_progress(boxes, settled(boxes))
            time.sleep(rng.random() * 0.1)
        left = QueuedRecipient.objects.filter(state=State.QUEUED, lease_owner__isnull=False).count()
        killed_in_the_middle += left > 0
    with a_worker():
        done = settled(boxes)
        while done < queued * len(boxes):
            done = await_progress(boxes, done)
    assert killed_in_the_middle >= 2
    for box in boxes:
        assert Message.objects.filter(mailbox_id=box.pk).count() == queued
        # Each queued message is one content here, whose trace id is its own.
        doubled = (
            Content.objects.filter(mailbox_id=box.pk)
            .values("trace_id")
            .annotate(n=Count("trace_id"))
            .filter(n__gt=1)
        )
        assert not doubled.exists()
        wanted = set(
            QueuedMessage.objects.filter(recipients__mailbox_id=box.pk).values_list("trace_id", flat=True)
        )
        assert set(Content.objects.filter(mailbox_id=box.pk).values_list("trace_id", flat=True)) == wanted
