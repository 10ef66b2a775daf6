"""What happens to keys by themselves: a pending one is looked for in DNS, a new one is made where that needs nobody.

Nobody's DNS provider is asked to do anything. What a domain publishes once, CNAMEs from its slots to names of ours, lets
us put the next key there; a domain that publishes its keys itself rotates when its owner says so, and signs with the key
before until the next one is seen.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from apps.events import audit
from apps.organisations.errors import DirectoryError
from apps.protocols.mailauth.lookups import Lookup

from . import dkim
from .keymaking import Algorithm
from .models import DkimKey, Domain
from .records.key_record import judge_key, key_name, slot_target
from .records.values import State
from .resolver import Resolver
from .services import SLOTS

log = logging.getLogger(__name__)

SETTLE = timedelta(hours=24)
"""How long the next key is seen before it signs: some resolver may still have what its name said before."""

AT_ONCE = 20


def advance(
    *, now: datetime, may_go_on: Callable[[], bool] = lambda: True, resolver: Resolver | None = None
) -> list[str]:
    """Take every domain's keys one step further, where they may; return what was activated or made."""
    # One with an empty cache: what we remember may be older than what is published.
    resolver = resolver or Resolver()
    dkim.forget_retired(now=now)
    done: list[str] = []
    pending = DkimKey.objects.filter(state=DkimKey.State.PENDING, domain__is_active=True)
    for key in pending.defer("private").select_related("domain").order_by("id"):
        if not may_go_on():
            return done
        if look(key, resolver=resolver, now=now) and is_ripe(key, now):
            dkim.activate(domain=key.domain, selector=key.selector, actor=audit.SYSTEM, now=now)
            done.append(f"{key_name(key.selector, key.domain.name)} activated")
    if settings.MAIL_DKIM_ZONE and settings.MAIL_DKIM_DAYS:
        done += _make_next(now, may_go_on, resolver)
    return done


def make_first(*, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Make keys for domains that have none, as those from before there were keys; return for how many."""
    made = 0
    for domain in Domain.objects.filter(is_active=True, dkim_keys=None).order_by("id")[:AT_ONCE]:
        if not may_go_on():
            break
        dkim.add_missing(domain=domain, actor=audit.SYSTEM)
        made += 1
    return made


def look(key: DkimKey, *, resolver: Resolver, now: datetime) -> bool:
    """Look whether a key's record is in DNS, and note it."""
    answer = resolver.ask_sync(Lookup(key_name(key.selector, key.domain.name), "TXT"))
    state, _ = judge_key(answer, Algorithm(key.algorithm).kind, key.public)
    if state != State.UNKNOWN:
        dkim.saw(key=key, is_seen=state == State.OK, now=now)
    return state == State.OK


def is_ripe(key: DkimKey, now: datetime) -> bool:
    """Whether a key that is seen may sign: the first of its kind at once, the next when it has settled."""
    siblings = DkimKey.objects.filter(domain=key.domain, algorithm=key.algorithm, state=DkimKey.State.ACTIVE)
    return key.seen_at is not None and (now - key.seen_at >= SETTLE or not siblings.exists())


def _make_next(now: datetime, may_go_on: Callable[[], bool], resolver: Resolver) -> list[str]:
    made = []
    old = now - timedelta(days=settings.MAIL_DKIM_DAYS)
    rows = DkimKey.objects.filter(state=DkimKey.State.ACTIVE, activated_at__lte=old, domain__is_active=True)
    for key in rows.defer("private").select_related("domain").order_by("id"):
        if not may_go_on():
            break
        algorithm = Algorithm(key.algorithm)
        waits = key.domain.dkim_keys.filter(algorithm=algorithm, state=DkimKey.State.PENDING)
        if waits.exists() or not is_pointed_here(key.domain, algorithm, resolver):
            continue
        try:
            new = dkim.rotate(domain=key.domain, algorithms=[algorithm], actor=audit.SYSTEM)
        except DirectoryError as error:
            log.warning("key not rotated", extra={"domain": key.domain.name, "reason": str(error)})
            continue
        made += [f"{key_name(one.selector, key.domain.name)} made" for one in new]
    return made


def is_pointed_here(domain: Domain, algorithm: Algorithm, resolver: Resolver) -> bool:
    """Whether every slot of a kind is a CNAME to the name of ours that answers for it."""
    return all(
        slot_target(slot, domain.name, settings.MAIL_DKIM_ZONE)
        in resolver.ask_sync(Lookup(key_name(slot, domain.name), "CNAME")).texts
        for slot in SLOTS[algorithm]
    )
