"""Mail is judged before its 250 by a real scan worker: refused, taken as judged, or taken unjudged when nobody can."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.events.audit import SYSTEM
from apps.events.models import MessageEvent
from apps.events.trace import Kind
from apps.events.valkey import sync_client
from apps.mailboxes.models import Mailbox
from apps.mailflow import run_queue
from apps.mailflow.run_queue import Turn
from apps.mailflow.scan import ALIVE
from apps.queue.models import QueuedMessage, QueuedRecipient
from apps.spam.lists import Effect, Subject
from apps.spam.models import Judgement
from apps.spam.scopes import Scope
from apps.spam.services import senders
from tests.factories import a_domain, a_mailbox
from tests.workers.listener import ROOT, database_url, free_port, running

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
DOORS = ("MAIL_SMTP_PORT", "MAIL_SUBMISSION_PORT", "MAIL_SUBMISSIONS_PORT")
LETTER = b"From: bob@sender.example\r\nSubject: hello\r\n\r\nhello\r\n"


@contextmanager
def a_worker(children: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real scan worker, and wait until it says that it lives."""
    sync_client().delete(ALIVE)
    env = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test",
    }
    words = [sys.executable, "-m", "workers.jobs", "scan", "--children", str(children)]
    process = subprocess.Popen(words, cwd=ROOT, env=env)
    try:
        until(lambda: sync_client().get(ALIVE) is not None)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def port() -> Iterator[int]:
    QueuedRecipient.objects.all().delete()
    ports = {name: free_port() for name in DOORS}
    with running("workers.smtp", ports, MAIL_RELAYS="127.0.0.1", MAIL_SCAN_SECONDS="3"):
        yield ports["MAIL_SMTP_PORT"]
    sync_client().delete(ALIVE)


def say(port: int, *mailboxes: Mailbox, letter: bytes = LETTER) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.sender.example", timeout=30) as client:
        client.ehlo()
        client.mail("bob@sender.example")
        for mailbox in mailboxes:
            client.rcpt(str(mailbox))
        return client.data(letter)


def judged(port: int, *mailboxes: Mailbox) -> None:
    """Wait until the listener has seen the worker."""

    def is_judged() -> bool:
        assert say(port, *mailboxes)[0] == 250
        return QueuedMessage.objects.order_by("-id")[0].verdict is not None

    until(is_judged)


def block(mailbox: Mailbox) -> None:
    senders.add_entry(
        scope=Scope(mailbox),
        effect=Effect.BLOCK,
        subject=Subject.DOMAIN,
        pattern="sender.example",
        actor=SYSTEM,
    )


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in found]


def test_it_works(port: int) -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    block(bob)
    with a_worker():
        judged(port, alice)
        assert say(port, bob) == (554, b"5.7.1 The message was judged to be unwanted mail")
        # Somebody wants it, so nobody has it refused.
        assert say(port, alice, bob)[0] == 250
    row = QueuedMessage.objects.order_by("-id")[0]
    assert row.verdict is not None
    assert row.verdict["to"][str(bob.pk)]["action"] == "refuse"
    event = MessageEvent.objects.get(trace_id=row.trace_id, kind=Kind.ACCEPTED)
    assert event.detail["judged"]["action"] == "inbox"
    assert "to" not in event.detail["judged"]
    run_queue.run_local(Turn(time.monotonic, time.monotonic() + 30, lambda: False))
    assert Judgement.objects.filter(mailbox_id=bob.pk, state="junk", trace_id=row.trace_id).exists()


def test_a_worker_killed_while_it_judges_loses_nothing(port: int) -> None:
    alice = a_mailbox("alice")
    with a_worker() as worker:
        judged(port, alice)
        [child] = children_of(worker.pid)
        os.kill(child, signal.SIGSTOP)
        began = time.monotonic()
        try:
            assert say(port, alice)[0] == 250
        finally:
            os.kill(child, signal.SIGKILL)
        assert 2 < time.monotonic() - began < 6
        assert QueuedMessage.objects.order_by("-id")[0].verdict is None
        # Another child is born.
        judged(port, alice)
    run_queue.run_local(Turn(time.monotonic, time.monotonic() + 30, lambda: False))
    assert not QueuedRecipient.objects.filter(state="queued").exists()


def test_without_a_worker_nobody_waits(port: int) -> None:
    alice = a_mailbox("alice")
    began = time.monotonic()
    assert say(port, alice)[0] == 250
    assert time.monotonic() - began < 2
    assert QueuedMessage.objects.order_by("-id")[0].verdict is None
    run_queue.run_local(Turn(time.monotonic, time.monotonic() + 30, lambda: False))
    assert Judgement.objects.filter(mailbox_id=alice.pk, action="inbox").exists()


def test_a_worker_whose_master_dies_leaves_no_children() -> None:
    with a_worker(2) as worker:
        children = children_of(worker.pid)
        assert len(children) >= 2
        worker.kill()
        worker.wait(10)
        until(lambda: not any(Path(f"/proc/{child}/stat").exists() for child in children), 15)
