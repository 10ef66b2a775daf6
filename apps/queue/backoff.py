"""When to try again: the schedule of retries, as operators read it in the guide.

Five minutes after the first failure, then 15 and 30 minutes, then 1, 2 and 4 hours, and every 4 hours until
the message is too old. Most temporary failures are greylisting, which the first retry answers; what still
fails after a day is rarely cured by asking more often.
"""

from datetime import datetime, timedelta

SCHEDULE = tuple(timedelta(minutes=m) for m in (5, 15, 30, 60, 120, 240))
SPREAD = 0.2


def delay(attempts: int, *, spread: float) -> timedelta:
    """Return how long to wait after the `attempts`-th failure (from 1).

    `spread` from 0 to 1 stretches the delay by up to a fifth, so that a thousand messages that failed in one
    outage do not return in the same second.
    """
    step = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return step * (1 + SPREAD * spread)


def next_attempt(
    *, attempts: int, now: datetime, accepted_at: datetime, lifetime: timedelta, spread: float
) -> datetime | None:
    """Return when to try again, or None when the message would be older than `lifetime` by then.

    The last try is made at the end of the lifetime, not the step before it: a sender who was promised five
    days gets five days.
    """
    expires = accepted_at + lifetime
    if now >= expires:
        return None
    return min(now + delay(attempts, spread=spread), expires)
