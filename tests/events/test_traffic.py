"""Sums of the trace say what the trace says."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from apps.events import traffic
from apps.events.models import MessageEvent, Tallied, Tally
from apps.events.sql import TALLY_SETTLED
from apps.events.trace import Event, Kind, keys_of, record
from apps.events.traffic import Traffic, sum_up
from apps.events.transactions import ask, perform, query

OURS = ["one.test", "two.test", "three.test"]
MANY = [*OURS, *(f"d{n}.test" for n in range(40))]
SCOPES: list[list[str] | None] = [
    None,
    OURS,
    *([name] for name in OURS),
    ["one.test", "three.test"],
    MANY,
    ["elsewhere.test"],
]


def tell(kind: Kind, ago: timedelta, *addresses: str, **detail: Any) -> None:
    trace_id = uuid.uuid4()
    perform(record([Event(trace_id, kind, None, detail, keys_of(addresses=addresses))]))
    MessageEvent.objects.filter(trace_id=trace_id).update(at=Now() - ago)


def anything(dice: random.Random) -> None:
    """Let something happen, at any time of the last 25 hours or at one of the edges."""
    minutes = dice.choice(
        [dice.uniform(0, 25 * 60), dice.uniform(0, 15), dice.uniform(50, 70), dice.uniform(1430, 1450)]
    )
    ago = timedelta(minutes=minutes)
    people = [f"x@{name}" for name in (*OURS, "Elsewhere.test", "far.example")]
    sender, to = dice.choice(people), dice.sample(people, dice.randint(1, 3))
    match dice.randint(0, 4):
        case 0:
            tell(Kind.REFUSED, ago, to[0], recipient=to[0], peer="192.0.2.1", reason="no")
        case 1:
            tell(Kind.REFUSED, ago, network="192.0.2.0/24", count=dice.randint(2, 9))
        case 2:
            tell(Kind.ACCEPTED, ago, sender, *to, origin="internal", sender="", recipients=to)
        case _:
            origin = dice.choice(["mx", "submission"])
            tell(Kind.ACCEPTED, ago, sender, *to, origin=origin, sender=sender, recipients=to)


def sum_all_up() -> int:
    total = 0
    while some := perform(sum_up(OURS)):
        total += some
    return total


def sums(found: Traffic) -> list[tuple[int, int]]:
    return [(sum(hours), hours[-1]) for hours in (found.received, found.sent, found.refused)]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_sums_say_what_the_trace_says(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(120):
        anything(dice)
    before = [ask(traffic.traffic(scope)) for scope in SCOPES]
    assert sum_all_up() == 24 * 12 + 1
    assert sum_all_up() == 0
    after = [ask(traffic.traffic(scope)) for scope in SCOPES]
    assert [sums(found) for found in after[:-1]] == [sums(found) for found in before[:-1]]
    # Five minutes between two hours are counted to one of them: what one hour has more, its neighbour lacks.
    for one, other in zip(before[:-1], after[:-1], strict=True):
        for hours, summed in zip(
            (one.received, one.sent, one.refused), (other.received, other.sent, other.refused), strict=True
        ):
            assert all(abs(sum(hours[: n + 1]) - sum(summed[: n + 1])) <= 4 for n in range(24))
    # What comes late is not missed.
    tell(
        Kind.ACCEPTED,
        timedelta(seconds=5),
        "x@one.test",
        origin="mx",
        sender="y@far.example",
        recipients=["x@one.test"],
    )
    assert sum(ask(traffic.traffic(["one.test"])).received) == sum(after[2].received) + 1


@pytest.mark.django_db
def test_sums_of_yesterday_and_no_sums_at_all_are_as_good() -> None:
    dice = random.Random(7)
    for _ in range(60):
        anything(dice)
    before = sums(ask(traffic.traffic(None)))
    sum_all_up()
    for hours in (2, 23, 24, 30):
        until = datetime.fromtimestamp(
            int((timezone.now() - timedelta(hours=hours)).timestamp()) // 300 * 300, UTC
        )
        Tally.objects.filter(at__gte=until).delete()
        Tallied.objects.update(until=until)
        assert sums(ask(traffic.traffic(None))) == before
    assert sum_all_up() == 24 * 12 + 1
    assert sums(ask(traffic.traffic(None))) == before


@pytest.mark.django_db
def test_what_nobody_asks_for_is_forgotten_and_little_is_kept() -> None:
    for _ in range(20):
        tell(
            Kind.REFUSED, timedelta(minutes=30), "x@far.example", recipient="x@far.example", reason="no relay"
        )
    sum_all_up()
    [row] = Tally.objects.all()
    assert (row.kind, row.domain, row.recipients, row.count) == ("refused", None, None, 20)
    Tally.objects.update(at=timezone.now() - timedelta(hours=26))
    Tallied.objects.update(until=timezone.now() - timedelta(hours=1))
    sum_all_up()
    assert not Tally.objects.filter(at__lt=timezone.now() - timedelta(hours=25)).exists()


@pytest.mark.usefixtures("real_database")
def test_what_may_still_be_written_is_not_summed_up() -> None:
    """A transaction bears the time of its beginning, and may commit whenever it likes."""
    at_once = (timedelta(0),)
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn) as other:
        [began] = other.execute("SELECT now()").fetchone() or ()
        assert ask(query(TALLY_SETTLED, at_once))[0][0] == began
        other.commit()
        assert ask(query(TALLY_SETTLED, at_once))[0][0] > began
