"""A backlog that nobody judged drains while new mail, which was judged at the door, passes it."""

import threading
import time

import pytest
from django.db import connections

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import filtering
from apps.mailflow.run_queue import Turn, run_local
from apps.queue.models import QueuedMessage, QueuedRecipient, State
from apps.store.models import Message
from tests.factories import a_mailbox
from tests.queue.letters import a_letter, local, queue

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.timeout(300)]
BACKLOG, SECONDS = 2000, 12
CLEAN = {"action": "inbox", "score": 0.0, "probability": 0.5, "reason": "clean"}


def filed(mailbox: Mailbox) -> int:
    return Message.objects.filter(mailbox_id=mailbox.pk).count()


def test_new_mail_passes_a_backlog() -> None:
    QueuedRecipient.objects.all().delete()
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    filtering.warm_up()
    for _ in range(BACKLOG):
        perform(a_letter(local(alice.pk, alice.domain.organisation_id, str(alice)), priority=-1))
    stopped = threading.Event()

    def work() -> None:
        try:
            run_local(Turn(time.monotonic, time.monotonic() + 200, stopped.is_set))
        finally:
            connections.close_all()

    courier = threading.Thread(target=work)
    courier.start()
    waits = []
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and filed(alice) < BACKLOG:
            began, before = time.monotonic(), filed(bob)
            # As acceptance keeps it: with its verdict, and urgent for that.
            [row] = queue(local(bob.pk, bob.domain.organisation_id, str(bob)), priority=-2)
            QueuedMessage.objects.filter(id=row.message_id).update(verdict=CLEAN)
            QueuedRecipient.objects.filter(id=row.id).update(priority=0)
            while filed(bob) == before:
                time.sleep(0.01)
            waits.append(time.monotonic() - began)
    finally:
        stopped.set()
        courier.join()
    assert filed(alice) > 0
    assert QueuedRecipient.objects.filter(state=State.POISON).count() == 0
    # A second, and what a busy machine takes from both threads.
    assert sorted(waits)[len(waits) // 2] < 1.5, waits
    assert max(waits) < 4, waits
