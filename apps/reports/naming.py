"""The names of those who send in our name: DNS is asked once in a while, in the background, and believed in nothing."""

import datetime as dt
import ipaddress
from collections.abc import Callable

from apps.domains.resolver import Resolver
from apps.events.transactions import ask, query
from apps.protocols.mailauth.lookups import Lookup, Status

from . import sql
from .models import SourceName

AT_ONCE = 50
SINCE = dt.timedelta(days=90)
STALE = dt.timedelta(days=30)


def look_up(may_go_on: Callable[[], bool], *, now: dt.datetime, resolver: Resolver | None = None) -> int:
    """Look up names that nobody did yet; return how many addresses were asked about."""
    rows = ask(query(sql.NAMELESS, {"since": (now - SINCE).date(), "stale": now - STALE, "limit": AT_ONCE}))
    resolver = resolver or Resolver()
    done = 0
    for (address,) in rows:
        if not may_go_on():
            break
        question = ipaddress.ip_address(address).reverse_pointer
        answer = resolver.ask_sync(Lookup(question, "PTR"))
        if answer.status is Status.FAULT:
            continue
        name = next(iter(answer.texts), "")[:253].rstrip(".").lower()
        SourceName.objects.update_or_create(address=address, defaults={"name": name, "looked_at": now})
        done += 1
    return done
