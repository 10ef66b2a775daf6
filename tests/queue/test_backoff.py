"""A message is tried often at first, seldom later, and for exactly as long as was promised."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.queue.backoff import SCHEDULE, delay, next_attempt

ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)
FIVE_DAYS = timedelta(days=5)


def test_the_schedule_grows_and_stays() -> None:
    delays = [delay(n, spread=0) for n in range(1, 9)]
    assert delays[:6] == list(SCHEDULE)
    assert delays[6] == delays[7] == timedelta(hours=4)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_spread_only_ever_lengthens_by_a_fifth(attempts: int, spread: float) -> None:
    assert delay(attempts, spread=0) <= delay(attempts, spread=spread) <= delay(attempts, spread=0) * 1.2


def tries(lifetime: timedelta) -> list[datetime]:
    moments, now, attempts = [ACCEPTED], ACCEPTED, 1
    while when := next_attempt(
        attempts=attempts, now=now, accepted_at=ACCEPTED, lifetime=lifetime, spread=0.5
    ):
        assert when > now
        moments.append(when)
        now, attempts = when, attempts + 1
    return moments


def test_five_days_are_five_days() -> None:
    moments = tries(FIVE_DAYS)
    assert moments[-1] == ACCEPTED + FIVE_DAYS
    assert 25 < len(moments) < 40


def test_a_short_lifetime_still_gets_its_last_try() -> None:
    assert tries(timedelta(seconds=10)) == [ACCEPTED, ACCEPTED + timedelta(seconds=10)]


def test_too_old_is_not_tried() -> None:
    assert (
        next_attempt(attempts=1, now=ACCEPTED + FIVE_DAYS, accepted_at=ACCEPTED, lifetime=FIVE_DAYS, spread=0)
        is None
    )
