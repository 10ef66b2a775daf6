"""The story of a message can be told by its id, its Message-ID and its addresses."""

import asyncio
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.events import partitions, trace
from apps.events.models import MessageEvent
from apps.events.refusals import IN_FULL, Refusal, RefusalLog, network
from apps.events.sentences import sentence
from apps.events.trace import Event, Kind, Recorded
from apps.events.transactions import Database, perform
from tests.mailflow.arrivals import a_database

pytestmark = pytest.mark.usefixtures("real_database")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def an_event(kind: Kind = Kind.ACCEPTED, keys: tuple[str, ...] = (), **detail: object) -> Event:
    return Event(uuid.uuid4(), kind, 1, detail, keys)


def tell(what: str) -> str:
    out = io.StringIO()
    call_command("trace", what, stdout=out)
    return out.getvalue()


def test_it_works() -> None:
    name = uuid.uuid4().hex
    event = an_event(
        keys=(trace.key(f"<{name}@far.example>"), trace.key("Bob@Far.Example")),
        origin="mx", sender="bob@far.example", recipients=["alice@example.test"], size=10, peer="192.0.2.1",
    )  # fmt: skip
    filed = Event(
        event.trace_id, Kind.FILED, 1, {"recipient": "alice@example.test", "folder": "INBOX", "uid": 7}
    )
    perform(trace.record([event, filed]))
    for what in (str(event.trace_id), event.trace_id.hex, f"<{name.upper()}@far.example>"):
        told = tell(what)
        assert (
            "Accepted from another server (192.0.2.1), from <bob@far.example> to alice@example.test" in told
        )
        assert "Filed for alice@example.test in INBOX, uid 7." in told
    assert str(event.trace_id) in tell("bob@far.example")


def test_what_is_unknown_is_said() -> None:
    with pytest.raises(CommandError, match="Nothing is known"):
        tell("nobody@nowhere.example")


def test_odd_texts_are_kept_as_far_as_they_can_be() -> None:
    event = an_event(keys=("a\0b",), words="nul \0, surrogate \udc80, \\u0000 written out", more=["\0"])
    perform(trace.record([event]))
    [back] = perform(trace.story(event.trace_id, since=LONG_AGO))
    assert back.detail == {"words": "nul , surrogate ?, \\u0000 written out", "more": [""]}


@given(st.sampled_from([*Kind, "new"]), st.dictionaries(st.sampled_from(["recipient", "host", "reply", "count", "uid"]), st.integers()))  # fmt: skip
def test_every_event_is_a_sentence(kind: str, detail: dict[str, object]) -> None:
    assert sentence(Recorded(datetime.now(UTC), kind, None, detail))


def days() -> Sequence[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^events_messageevent_[0-9]{8}$' ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def test_days_come_and_go_and_late_rows_move_to_theirs() -> None:
    event = an_event()
    today = date(2031, 5, 7)
    perform(trace.record([event]))
    MessageEvent.objects.filter(trace_id=event.trace_id).update(at=datetime(2031, 5, 8, 12, tzinfo=UTC))
    perform(partitions.keep_days(today, keep=30, ahead=2))
    assert {"events_messageevent_20310507", "events_messageevent_20310508"} <= set(days())
    with connection.cursor() as cursor:
        cursor.execute("SELECT trace_id FROM events_messageevent_20310508")
        assert [row[0] for row in cursor.fetchall()] == [event.trace_id]
    assert perform(partitions.keep_days(today, keep=30, ahead=2)) == []
    # Days that are over are dropped with all they hold.
    perform(partitions.keep_days(today + timedelta(days=40), keep=30, ahead=0))
    assert "events_messageevent_20310508" not in days()
    assert not MessageEvent.objects.filter(trace_id=event.trace_id).exists()
    perform(partitions.keep_days(datetime.now(UTC).date(), keep=30))


def refuse(
    n: int, *, peer: str = "192.0.2.1", reason: str, minutes: Sequence[int] = (0,)
) -> list[MessageEvent]:
    clock = [0.0]

    async def main() -> None:
        async with a_database() as database:
            await play(database)

    async def play(database: Database) -> None:
        refusals = RefusalLog(database, now=lambda: clock[0])
        for minute in minutes:
            clock[0] = minute * 60
            for _ in range(n):
                refusals.refused(Refusal(uuid.uuid4(), peer, reason, recipient="nobody@example.test"))
            await refusals.flush()
        clock[0] += 60
        await refusals.flush()

    asyncio.run(main())
    return list(MessageEvent.objects.filter(detail__reason=reason).order_by("at", "id"))


def test_few_refusals_are_told_in_full() -> None:
    events = refuse(3, reason=uuid.uuid4().hex)
    assert [event.detail["recipient"] for event in events] == ["nobody@example.test"] * 3


def test_many_refusals_are_counted_by_the_minute() -> None:
    events = refuse(100, reason=uuid.uuid4().hex, minutes=(0, 1))
    counts = [event.detail["count"] for event in events if "count" in event.detail]
    assert counts == [100 - IN_FULL] * 2
    assert len(events) == 2 * IN_FULL + 2


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unix", "unix")],
)
def test_neighbours_are_counted_together(peer: str, expected: str) -> None:
    assert network(peer) == expected
