"""An operator sees what waits and acts on it."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.events.models import AuditEntry, MessageEvent
from apps.events.transactions import perform
from apps.protocols.smtp.replies import Reply
from apps.queue import services
from apps.queue.couriers import Deferred
from apps.queue.models import Lane, QueuedRecipient, State
from apps.queue.services import Settlement
from tests.queue.letters import a_tenant, claim, local, queue, remote

pytestmark = pytest.mark.usefixtures("real_database")


@pytest.fixture(autouse=True)
def _empty_queue(real_database: None) -> None:
    QueuedRecipient.objects.all().delete()


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("queue", *words, stdout=out)
    return out.getvalue()


def test_list_and_show() -> None:
    tenant = a_tenant()
    [row] = queue(remote("carol@far.example", tenant))
    queue(local(7, tenant))
    claim(Lane.REMOTE, "w1")
    deferred = Deferred(Reply(451, "4.7.1", "Greylisted\x1b[31m"), "mx.far.example")
    perform(services.settle([Settlement(row.pk, deferred)], "w1"))
    listed = run("list")
    assert listed.startswith("2 queued")
    assert "carol@far.example" in listed
    assert "alice@example.test" not in run("list", "--domain", "far.example")
    shown = run("show", str(row.pk))
    assert "subject   hello" in shown
    assert "deferred: mx.far.example: 451 4.7.1 Greylisted" in shown
    assert "\x1b" not in shown
    assert shown == run("show", row.message.trace_id.hex)


def test_hold_release_retry_cancel() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))
    assert run("hold", str(row.pk), "--why", "asked bob").endswith("1 changed\n")
    assert "1 held" in run("list")
    run("release", str(row.pk))
    run("retry", "--domain", "far.example")
    assert run("cancel", "--all").endswith("1 changed\n")
    row.refresh_from_db()
    assert row.state == State.FAILED
    kinds = MessageEvent.objects.filter(trace_id=row.message.trace_id).order_by("at", "id")
    assert [event.kind for event in kinds] == ["held", "released", "retried", "cancelled"]
    entry = AuditEntry.objects.filter(action="queue.hold").order_by("-id")[0]
    assert entry.details == {"recipients": [row.pk], "reason": "asked bob"}


def test_what_a_worker_holds_is_left_alone() -> None:
    [row] = queue(local(7, a_tenant()))
    claim(Lane.LOCAL, "w1")
    assert run("cancel", str(row.pk)).endswith("0 changed, 1 left as they are\n")


def test_nothing_is_done_to_nobody_in_particular() -> None:
    with pytest.raises(CommandError, match="Say which"):
        run("cancel")
    with pytest.raises(CommandError, match="Nothing in the queue"):
        run("show", "99999999999")
    with pytest.raises(CommandError, match="Nothing in the queue"):
        run("hold", "nonsense")
