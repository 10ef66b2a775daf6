"""Faults that last: a policy that DNS keeps from being judged may hold mail up for hours, not until it is given up.

RFC 7208 (2.6.6, 8.6) calls such a fault one that passes and leaves open whether mail is taken meanwhile. Some never pass:
an include whose name servers are gone is a 451 at every attempt, and days later a delivery report about nothing the sender
did. So after four hours of it mail of that domain is taken, as junk: nobody confirmed it, and a clean inbox would be a
reward for breaking a domain's DNS.
"""

import datetime as dt
from collections import OrderedDict

PATIENCE = dt.timedelta(hours=4)
FORGOTTEN = dt.timedelta(hours=12)
"""Who was not heard of for so long begins anew. Servers try again every few hours at the least."""
MOST = 5_000


class Lasting:
    """Since when which domains could not be judged; for one process, which begins anew when it is started."""

    def __init__(self) -> None:
        self._since: OrderedDict[str, tuple[dt.datetime, dt.datetime]] = OrderedDict()

    def has_lasted(self, domain: str, now: dt.datetime) -> bool:
        """Note that a domain cannot be judged; whether that has been so for too long."""
        since, last = self._since.pop(domain, (now, now))
        if now - last > FORGOTTEN:
            since = now
        self._since[domain] = since, now
        while len(self._since) > MOST:
            self._since.popitem(last=False)
        return now - since >= PATIENCE

    def is_over(self, domain: str) -> None:
        """Note that it can be judged."""
        self._since.pop(domain, None)
