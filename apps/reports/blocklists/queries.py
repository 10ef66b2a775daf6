"""How our addresses stand, as it was last found."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from apps.protocols.mailauth.blocklists import State
from apps.reports.models import Standing

LONG = dt.timedelta(hours=3)
"""A list that does not answer for so long is worth a look."""

_WEIGHT = {State.LISTED: 0, State.BROKEN: 1, State.UNDECLARED: 2, State.SILENT: 3, State.UNKNOWN: 4}


@dataclass(frozen=True, slots=True)
class Stands:
    """An address on a list, or, without one, the list itself."""

    zone: str
    address: str
    state: State
    codes: tuple[str, ...]
    reason: str
    since: dt.datetime
    looked_at: dt.datetime

    @property
    def name(self) -> str:
        """What it is about."""
        return f"{self.address} on {self.zone}" if self.address else self.zone

    def is_long(self, now: dt.datetime) -> bool:
        """Whether it has been so for some hours."""
        return now - self.since > LONG


def standing() -> list[Stands]:
    """Return all that was found, the worst first; nothing, at no price, where no list is asked."""
    if not settings.MAIL_BLOCKLISTS:
        return []
    rows = [
        Stands(
            row.zone,
            row.address,
            State(row.state),
            tuple(map(str, row.codes)),
            row.reason,
            row.since,
            row.looked_at,
        )
        for row in Standing.objects.order_by("zone", "address")
    ]
    return sorted(rows, key=lambda row: _WEIGHT.get(row.state, 5))
