"""Local mail is sorted by how it was judged, at the door or by the courier itself, and what was done is kept."""

import datetime as dt
import itertools
import time
from typing import Any

import pytest
from django.utils import timezone

from apps.events.audit import SYSTEM
from apps.events.models import MessageEvent
from apps.events.trace import Kind
from apps.mailboxes.models import Mailbox
from apps.mailflow import catching_up, filtering, quarantine, refile
from apps.mailflow.forged import without_forged
from apps.mailflow.refile import Hand
from apps.mailflow.run_queue import Turn, run_local
from apps.queue import operators
from apps.queue.models import Lane, QueuedMessage, QueuedRecipient, State
from apps.spam import queries
from apps.spam.lists import Effect, Subject
from apps.spam.marks import queries as learning_queries
from apps.spam.models import Judgement
from apps.spam.scopes import Scope
from apps.spam.services import senders, wishes
from apps.spam.thresholds import Action, Wishes
from apps.store.models import Content, Folder, Message
from tests.factories import a_domain, a_mailbox
from tests.queue.letters import claim, local, queue
from workers.jobs.learn import learn_due

pytestmark = pytest.mark.usefixtures("real_database")
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _empty_queue(real_database: None) -> None:
    QueuedRecipient.objects.all().delete()


def turn(seconds: float = 30) -> Turn:
    return Turn(time.monotonic, time.monotonic() + seconds, lambda: False)


def send(*mailboxes: Mailbox, verdict: dict[str, Any] | None = None) -> list[QueuedRecipient]:
    rows = queue(*(local(one.pk, one.domain.organisation_id, str(one)) for one in mailboxes))
    QueuedMessage.objects.filter(id=rows[0].message_id).update(verdict=verdict)
    return rows


def draw(mailbox: Mailbox, **lines: float) -> None:
    wish = Wishes(lines={Action(word): at for word, at in lines.items()})
    wishes.set_wishes(scope=Scope(mailbox), wishes=wish, actor=SYSTEM)


def block(mailbox: Mailbox, effect: Effect = Effect.BLOCK) -> None:
    senders.add_entry(
        scope=Scope(mailbox), effect=effect, subject=Subject.DOMAIN, pattern="example.test", actor=SYSTEM
    )


def filed(mailbox: Mailbox) -> list[tuple[str, bool, bytes]]:
    """Return where each message lies, whether it bears $Junk, and what stands on top."""
    found = []
    for message in Message.objects.filter(mailbox_id=mailbox.pk).order_by("folder_id", "uid"):
        content = Content.objects.get(mailbox_id=mailbox.pk, id=message.content_id)
        folder = Folder.objects.get(id=message.folder_id)
        found.append((folder.name, bool(message.flags & 1 << 8), bytes(content.prefix)))
    return found


def test_it_works() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    block(bob)
    send(alice)
    send(bob)
    assert run_local(turn()) == 2
    [(folder, is_junk, prefix)] = filed(alice)
    assert (folder, is_junk) == ("INBOX", False)
    assert b"X-Spam" not in prefix
    [(folder, is_junk, prefix)] = filed(bob)
    assert (folder, is_junk) == ("Junk", False)
    assert b"X-Spam-Flag: YES\r\nX-Spam-Status: Yes, score=" in prefix
    [event] = MessageEvent.objects.filter(kind=Kind.FILED, detail__mailbox_id=bob.pk)
    assert (event.detail["action"], event.detail["folder"]) == ("refuse", "Junk")
    message = Message.objects.get(mailbox_id=bob.pk)
    judged = queries.judgement_of(bob.pk, message.content_id)
    assert judged is not None
    assert (judged.action, judged.reason, judged.state, judged.subject) == (
        "refuse",
        "blocked",
        "junk",
        "hello",
    )
    assert judged.detail["blocked_by"]["pattern"] == "example.test"


def test_the_filter_learns_nothing_from_itself() -> None:
    bob = a_mailbox("bob")
    block(bob)
    send(bob)
    assert run_local(turn()) == 1
    assert filed(bob)[0][0] == "Junk"
    learn_due()
    assert not learning_queries.marks(bob.pk)
    [content] = Message.objects.filter(mailbox_id=bob.pk).values_list("content_id", flat=True)
    refile.not_junk(Hand(bob.pk, bob.owner_id or 0), refile.chosen_of(bob.pk, [content]))
    learn_due()
    assert [(one.content_id, one.is_bad) for one in learning_queries.marks(bob.pk)] == [(content, False)]


def test_one_message_is_decided_for_each_recipient() -> None:
    domain = a_domain()
    alice, bob, carol = (a_mailbox(name, domain=domain) for name in ("alice", "bob", "carol"))
    # Lines that everything reaches, however well it is thought of.
    draw(bob, tag=-50)
    draw(carol, junk=-50)
    send(alice, bob, carol)
    assert run_local(turn()) == 3
    assert [filed(one)[0][:2] for one in (alice, bob, carol)] == [
        ("INBOX", False),
        ("INBOX", False),
        ("Junk", False),
    ]
    assert b"action=tag" in filed(bob)[0][2]
    assert Judgement.objects.filter(organisation_id=domain.organisation_id).count() == 3


def test_a_verdict_of_the_door_is_what_counts() -> None:
    alice = a_mailbox("alice")
    own = {"action": "junk", "score": 5.0, "probability": 0.99, "reason": "score"}
    verdict = {
        "action": "inbox",
        "score": 1.0,
        "probability": 0.7,
        "reason": "clean",
        "to": {str(alice.pk): own},
    }
    verdict["symbols"] = [["A", 5.0, "rule", "", "spam"]]
    send(alice, verdict=verdict)
    assert run_local(turn()) == 1
    [(folder, is_junk, prefix)] = filed(alice)
    assert (folder, is_junk) == ("Junk", False)
    assert b"X-Spam-Status: Yes, score=5.0 action=junk\r\n\ttests=A\r\n" in prefix


def test_what_dmarc_asks_for_is_marked_as_junk() -> None:
    alice = a_mailbox("alice")
    [row] = send(alice)
    QueuedMessage.objects.filter(id=row.message_id).update(evidence={"junk": "dmarc"})
    assert run_local(turn()) == 1
    assert filed(alice)[0][:2] == ("Junk", False)


def test_what_is_quarantined_waits_until_somebody_lets_it_go() -> None:
    alice = a_mailbox("alice")
    draw(alice, quarantine=5)
    block(alice)
    [row] = send(alice)
    assert run_local(turn()) == 1
    assert filed(alice) == []
    row.refresh_from_db()
    assert (row.state, row.last_reply) == (State.HELD, "Quarantined as unwanted mail")
    judged = Judgement.objects.get(mailbox_id=alice.pk)
    assert (judged.state, judged.parcel_id, judged.content_id) == ("held", row.id, None)
    assert MessageEvent.objects.filter(trace_id=judged.trace_id, kind=Kind.HELD).exists()
    assert run_local(turn()) == 0
    operators.release(ids=[row.id], actor=SYSTEM)
    assert run_local(turn()) == 1
    [(folder, is_junk, prefix)] = filed(alice)
    assert (folder, is_junk) == ("INBOX", False)
    assert b"X-Spam" not in prefix
    judged = Judgement.objects.get(mailbox_id=alice.pk)
    assert judged.state == "released"
    assert judged.content_id is not None


def test_mail_that_was_judged_goes_before_a_backlog() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    QueuedRecipient.objects.filter(id__in=[send(alice)[0].id for _ in range(30)]).update(priority=-1)
    send(bob, verdict={"action": "inbox", "score": 0.0, "probability": 0.5, "reason": "clean"})
    [first, *_] = claim(Lane.LOCAL, "somebody", 1)
    assert first.recipient.mailbox_id == bob.pk


def test_what_there_is_no_time_for_is_given_back() -> None:
    alice = a_mailbox("alice")
    for _ in range(5):
        send(alice)
    parcels = claim(Lane.LOCAL, "somebody", 5)
    verdicts, left = catching_up.judge(parcels, seconds=0)
    assert (len(verdicts), len(left)) == (1, 4)


def test_a_message_that_cannot_be_judged_is_filed_all_the_same() -> None:
    alice = a_mailbox("alice")
    [row] = send(alice)
    QueuedRecipient.objects.filter(id=row.id).update(attempts=4)
    assert run_local(turn()) == 1
    assert filed(alice)[0][0] == "INBOX"
    assert not Judgement.objects.filter(mailbox_id=alice.pk).exists()


def test_the_envelope_is_read_from_our_own_field() -> None:
    alice = a_mailbox("alice")
    [row] = send(alice)
    QueuedMessage.objects.filter(id=row.message_id).update(
        prefix=b"Received: from mx.sender.example ([IPv6:2001:db8::7])\r\n\tby us;\r\n\tnow\r\n",
        evidence={"spf": {"result": "pass"}},
    )
    envelope = filtering.envelope_of(claim(Lane.LOCAL, "somebody", 1))
    assert (envelope.address, envelope.helo) == ("2001:db8::7", "mx.sender.example")
    assert envelope.result("spf") == "pass"


def test_what_strangers_write_of_filters_is_not_kept() -> None:
    body = (
        b"X-Spam-Flag: NO\r\nFrom: a@b.example\r\nx-spam-status: No,\r\n\ttests=none\r\nX-Rspamd-Score: -9\r\n"
        b"X-Spammer: kept? no\r\nSubject: X-Spam-Flag: NO\r\n\r\nX-Spam-Flag: NO\r\n"
    )
    assert without_forged(body, "mail.example.test") == (
        b"From: a@b.example\r\nSubject: X-Spam-Flag: NO\r\n\r\nX-Spam-Flag: NO\r\n"
    )


def kept_of(mailbox: Mailbox) -> Judgement:
    return Judgement.objects.get(mailbox_id=mailbox.pk)


def test_junk_and_quarantine_are_released_and_dropped() -> None:
    folders_after = {}
    for is_held in (False, True):
        for act in ("release", "learn", "drop"):
            alice = a_mailbox("alice")
            draw(alice, quarantine=5 if is_held else 90)
            block(alice)
            send(alice)
            assert run_local(turn()) == 1
            kept = quarantine.of_token(quarantine.token(kept_of(alice)))
            assert kept is not None
            assert kept.state == ("held" if is_held else "junk")
            if act == "drop":
                assert quarantine.drop(judgement=kept, actor=SYSTEM)
            else:
                assert quarantine.release(judgement=kept, actor=SYSTEM, learn=act == "learn")
            run_local(turn())
            folders_after[is_held, act] = [name for name, *_ in filed(alice)], kept_of(alice).state
            assert quarantine.find(alice.pk, kept.id) is None
            flags = [message.flags for message in Message.objects.filter(mailbox_id=alice.pk)]
            assert [bool(one & 1 << 9) for one in flags] == [act == "learn"] * len(flags)
            assert kept_of(alice).label == ("ham" if act == "learn" else "")
    assert folders_after == {
        (False, "release"): (["INBOX"], "released"),
        (False, "learn"): (["INBOX"], "released"),
        (False, "drop"): (["Trash"], "deleted"),
        (True, "release"): (["INBOX"], "released"),
        (True, "learn"): (["INBOX"], "released"),
        (True, "drop"): ([], "deleted"),
    }
    assert quarantine.of_token("garbage") is None


def test_what_nobody_lets_go_is_dropped_in_the_end() -> None:
    alice = a_mailbox("alice")
    draw(alice, quarantine=5)
    block(alice)
    [row] = send(alice)
    assert run_local(turn()) == 1
    now = timezone.now()
    assert quarantine.expire(now) == 0
    assert quarantine.expire(now + dt.timedelta(days=29, hours=1)) >= 1
    row.refresh_from_db()
    assert row.state == State.FAILED
    assert kept_of(alice).state == "deleted"
