"""An account in somebody else's hands: it is seen, its mail is held, and one decision lets it go or drops it."""

import asyncio
import itertools
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from apps.accounts.permissions import Reach
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry, MessageEvent
from apps.events.trace import Kind
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import acceptance, holding
from apps.mailflow.acceptance import Arrival
from apps.mailflow.misuse import MOST_UNWANTED, Seen, Watch, reasons
from apps.queue.envelopes import Envelope
from apps.queue.models import Origin, QueuedMessage, QueuedRecipient, State
from tests.factories import a_domain, a_mailbox
from tests.queue.letters import BODY, queue, remote

pytestmark = pytest.mark.usefixtures("real_database")
_numbers = itertools.count(10**9)


def sent(mailbox: Mailbox, *recipients: str) -> list[QueuedRecipient]:
    """Queue what somebody sent by one of our doors."""
    organisation = mailbox.domain.organisation_id
    rows = queue(*(remote(one, organisation) for one in recipients), sender=str(mailbox))
    QueuedMessage.objects.filter(id=rows[0].message_id).update(origin=Origin.SUBMISSION)
    return rows


def states(*rows: QueuedRecipient) -> list[str]:
    return list(
        QueuedRecipient.objects.filter(id__in=[row.id for row in rows])
        .order_by("id")
        .values_list("state", flat=True)
    )


def owner(mailbox: Mailbox) -> int:
    assert mailbox.owner_id is not None
    return mailbox.owner_id


def look(
    user_id: int, *messages: tuple[list[str], dict[str, Any] | None], most_new: int = 3, url: str = ""
) -> list[str]:
    """Count these messages; return what is wrong after the last."""

    async def run() -> list[str]:
        valkey = redis.asyncio.Redis.from_url(url or settings.REDIS_URL)
        watch = Watch(valkey, most_new=most_new, now=lambda: 1_000_000.0)
        found: list[str] = []
        for recipients, verdict in messages:
            found = await watch.look(user_id, recipients, verdict)
        await valkey.aclose()
        return found

    return asyncio.run(run())


def test_it_works() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    [mine], [theirs] = sent(alice, "one@far.example"), sent(bob, "two@far.example")
    assert holding.hold(owner(alice), ["a stream of junk"])
    assert not holding.hold(owner(alice), ["again"])
    assert perform(holding.is_held(owner(alice)))
    assert not perform(holding.is_held(owner(bob)))
    assert states(mine, theirs) == [State.HELD, State.QUEUED]
    [hold] = holding.holds_within(Reach(organisation_ids=frozenset({domain.organisation_id})))
    assert hold.reasons == ["a stream of junk"]
    entry = AuditEntry.objects.get(action="sender.hold", target=alice.owner and alice.owner.address)
    assert entry.details == {"reason": "a stream of junk"}
    assert holding.release(hold=hold, actor=SYSTEM) == 1
    assert holding.release(hold=hold, actor=SYSTEM) == 0
    assert states(mine, theirs) == [State.QUEUED, State.QUEUED]
    assert not perform(holding.is_held(owner(alice)))


def test_what_is_held_is_dropped() -> None:
    alice = a_mailbox("alice")
    rows = sent(alice, "one@far.example", "two@far.example")
    holding.hold(owner(alice), ["a stream of junk"])
    hold = holding.hold_of(alice.owner)  # type: ignore[arg-type]
    assert hold is not None
    assert holding.drop(hold=hold, actor=SYSTEM) == 2
    assert states(*rows) == [State.FAILED, State.FAILED]


def test_what_was_held_for_another_reason_stays_held() -> None:
    alice = a_mailbox("alice")
    [row] = sent(alice, "one@far.example")
    QueuedRecipient.objects.filter(id=row.id).update(state=State.HELD, last_reply="an operator's wish")
    holding.hold(owner(alice), ["a stream of junk"])
    call_command("sender", "release", str(alice))
    assert states(row) == [State.HELD]


def test_mallory_sees_no_hold_of_ours() -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    holding.hold(owner(alice), ["a stream of junk"])
    theirs = Reach(organisation_ids=frozenset({mallory.domain.organisation_id}))
    assert not holding.holds_within(theirs).exists()


def test_what_is_handed_in_while_held_waits_and_has_its_story() -> None:
    alice = a_mailbox("alice")
    arrival = Arrival(
        trace_id=uuid.uuid4(),
        origin=Origin.SUBMISSION,
        envelope=Envelope(str(alice)),
        recipients=(remote("one@far.example", alice.domain.organisation_id),),
        body=BODY,
        prefix=b"",
        received_at=datetime.now(UTC),
        suspended=holding.WHY,
    )
    perform(acceptance.keep(acceptance.prepare([(arrival, None)])))
    row = QueuedRecipient.objects.get(message__trace_id=arrival.trace_id)
    assert (row.state, row.last_reply) == (State.HELD, holding.WHY)
    assert MessageEvent.objects.filter(trace_id=arrival.trace_id, kind=Kind.ACCEPTED).exists()


@pytest.mark.parametrize(
    ("seen", "is_misuse"),
    [
        (Seen(), False),
        (Seen(MOST_UNWANTED - 1, 3), False),
        (Seen(MOST_UNWANTED, 0), True),
        (Seen(0, 4), True),
    ],
)
def test_what_is_no_persons_doing(seen: Seen, is_misuse: bool) -> None:
    assert bool(reasons(seen, most_new=3)) is is_misuse
    assert not reasons(Seen(0, 1000), most_new=0)


def test_a_stream_of_junk_is_seen() -> None:
    junk = {"action": "junk", "score": 5.0}
    message = (["a@far.example"], junk)
    user = next(_numbers)
    assert look(user, *[message] * (MOST_UNWANTED - 1)) == []
    assert len(look(user, message)) == 1
    worse = (["a@far.example"], {"action": "refuse", "score": 12.0})
    assert len(look(next(_numbers), worse, worse, worse)) == 1


def test_many_strangers_at_once_are_seen_and_acquaintances_are_not() -> None:
    user = next(_numbers)
    many = [f"r{number}@far.example" for number in range(4)]
    assert look(user, (many[:3], None)) == []
    assert look(user, (many[:3], None), (many[:3], None)) == []
    assert len(look(user, (many[3:], None))) == 1


def test_a_valkey_that_is_away_sees_nothing() -> None:
    assert (
        look(next(_numbers), (["a@far.example"] * 9, {"action": "refuse"}), url="redis://127.0.0.1:1/0") == []
    )


def test_many_bounces_are_seen(settings: Settings) -> None:
    settings.MAIL_OUTBOUND_BOUNCES = 3
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    rows = sent(alice, "one@far.example", "two@far.example", "three@far.example", "four@far.example")
    now = datetime.now(UTC)
    failed = [row.id for row in rows[:3]]
    QueuedRecipient.objects.filter(id__in=failed).update(state=State.FAILED, finished_at=now)
    sent(bob, "one@far.example")
    assert holding.look_at_bounces() == 1
    assert perform(holding.is_held(owner(alice)))
    assert states(rows[3]) == [State.HELD]
    hold = holding.hold_of(alice.owner)  # type: ignore[arg-type]
    assert hold is not None
    holding.release(hold=hold, actor=SYSTEM)
    # What bounced before is no news.
    assert holding.look_at_bounces() == 0


def test_letters_written_in_a_browser_are_counted_too(settings: Settings) -> None:
    settings.MAIL_OUTBOUND_NEW = 2
    alice = a_mailbox("alice")
    now = datetime.now(UTC)
    assert not holding.look(owner(alice), ["one@far.example", "two@far.example"], now)
    assert holding.look(owner(alice), ["three@far.example"], now)
    assert perform(holding.is_held(owner(alice)))
