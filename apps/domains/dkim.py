"""The life of the keys that sign a domain's mail: made, imported, activated, rotated, retired.

A key signs only once its record is seen in DNS, for a signature nobody can check is worth less than none. A domain has
one active key of each algorithm; its next one waits as pending in the other slot (r1 and r2, e1 and e2), and the one
before stays published for two weeks, while mail that it signed is still under way. So a domain that points its four slots
at us, once, needs no change ever after.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError

from . import keymaking
from .keymaking import Algorithm
from .models import SELECTOR, DkimKey, Domain
from .services import SLOTS, new_key, target_of

RETIRED = timedelta(days=14)
"""How long a retired key stays published: longer than any queue keeps trying."""

State = DkimKey.State
# Any number no other pair of advisory locks begins with.
_LOCK = 0x646B_696D


def keys_of(domain: Domain) -> QuerySet[DkimKey]:
    """Return a domain's keys without their private halves: a broken one must not keep the others from being seen."""
    return DkimKey.objects.filter(domain=domain).defer("private").order_by("-algorithm", "made_at", "id")


def find_key(domain: Domain, selector: str) -> DkimKey:
    """Return one key; raises NotFoundError."""
    found = keys_of(domain).filter(selector=selector.strip().lower()).first()
    if found is None:
        raise NotFoundError(f"{domain.name} has no key {selector}")
    return found


def add_missing(*, domain: Domain, actor: audit.Actor) -> list[DkimKey]:
    """Make a key of each algorithm the domain has none of."""
    has = set(keys_of(domain).exclude(state=State.RETIRED).values_list("algorithm", flat=True))
    return rotate(domain=domain, algorithms=[one for one in Algorithm if one not in has], actor=actor)


def rotate(
    *, domain: Domain, algorithms: Sequence[Algorithm] = tuple(Algorithm), actor: audit.Actor
) -> list[DkimKey]:
    """Make the next keys; those in use go on signing until the new ones are seen in DNS.

    A pending key stays as it is. The slot is a free one, or that of the key retired longest ago, which is gone then.
    """
    pairs = [keymaking.make(algorithm) for algorithm in algorithms]
    made = []
    with transaction.atomic():
        _lock(domain)
        for pair in pairs:
            keys = list(keys_of(domain).filter(algorithm=pair.algorithm))
            if any(key.state == State.PENDING for key in keys):
                continue
            made.append(_next(domain, pair, keys))
        # Last: whoever writes into the audit trail keeps everybody else waiting until COMMIT.
        for key in made:
            _tell(domain, "make", key, actor)
    return made


def _next(domain: Domain, pair: keymaking.Pair, keys: Sequence[DkimKey]) -> DkimKey:
    # An imported key of the other algorithm may sit in a slot, too.
    taken = set(keys_of(domain).values_list("selector", flat=True))
    free = [slot for slot in SLOTS[pair.algorithm] if slot not in taken]
    if not free:
        retired = sorted(
            (key for key in keys if key.state == State.RETIRED and key.selector in SLOTS[pair.algorithm]),
            key=lambda key: key.retired_at or key.made_at,
        )
        if not retired:
            raise DirectoryError(f"{domain.name} has no free selector; remove a key first")
        retired[0].delete()
        free = [retired[0].selector]
    key = new_key(domain, free[0], pair, timezone.now())
    key.save()
    return key


def import_key(*, domain: Domain, selector: str, private: bytes, actor: audit.Actor) -> DkimKey:
    """Keep a key made elsewhere, which becomes active when it is seen in DNS, where it most likely is."""
    pair = keymaking.read(private)
    selector = selector.strip().lower()
    if not _is_selector(selector):
        raise DirectoryError(f"{selector!r} is no selector: letters, digits, hyphens and dots, 63 at most")
    key = new_key(domain, selector, pair, timezone.now())
    try:
        with transaction.atomic():
            _lock(domain)
            keys_of(domain).filter(algorithm=pair.algorithm, state=State.PENDING, seen_at=None).delete()
            key.save()
            _tell(domain, "import", key, actor)
    except IntegrityError:
        raise AlreadyExistsError(
            f"{domain.name} has a key {selector}, or one of its kind that waits, already"
        ) from None
    return key


def _is_selector(text: str) -> bool:
    return len(text) <= 63 and re.fullmatch(SELECTOR, text) is not None


def activate(*, domain: Domain, selector: str, actor: audit.Actor, now: datetime | None = None) -> DkimKey:
    """Let a key sign from now on; the one before of its kind is retired. A retired one may come back so."""
    now = now or timezone.now()
    with transaction.atomic():
        _lock(domain)
        key = find_key(domain, selector)
        if key.state == State.ACTIVE:
            return key
        before = keys_of(domain).filter(algorithm=key.algorithm, state=State.ACTIVE).first()
        if before is not None:
            _retire(before, now)
        key.state, key.activated_at, key.retired_at = State.ACTIVE, now, None
        key.save(update_fields=["state", "activated_at", "retired_at"])
        _tell(domain, "activate", key, actor, before=before.selector if before else None)
    return key


def retire(*, domain: Domain, selector: str, actor: audit.Actor, now: datetime | None = None) -> None:
    """Let a key sign no more. One that never did is removed; the others stay published for a while."""
    with transaction.atomic():
        _lock(domain)
        key = find_key(domain, selector)
        match key.state:
            case State.RETIRED:
                return
            case State.PENDING:
                DkimKey.objects.filter(id=key.id).delete()
            case _:
                _retire(key, now or timezone.now())
        _tell(domain, "retire", key, actor)


def remove(*, domain: Domain, selector: str, actor: audit.Actor) -> None:
    """Forget a key that does not sign."""
    with transaction.atomic():
        _lock(domain)
        key = find_key(domain, selector)
        if key.state == State.ACTIVE:
            raise DirectoryError(f"{selector} signs mail; retire it first")
        DkimKey.objects.filter(id=key.id).delete()
        _tell(domain, "remove", key, actor)


def forget_retired(*, now: datetime) -> int:
    """Remove what was retired two weeks ago; return how many."""
    return DkimKey.objects.filter(state=State.RETIRED, retired_at__lte=now - RETIRED).delete()[0]


def saw(*, key: DkimKey, is_seen: bool, now: datetime) -> None:
    """Note whether a pending key's record is in DNS: since when, or not any more."""
    pending = DkimKey.objects.filter(id=key.id, state=State.PENDING)
    if is_seen and key.seen_at is None:
        pending.filter(seen_at=None).update(seen_at=now)
        key.seen_at = now
    elif not is_seen and key.seen_at is not None:
        pending.update(seen_at=None)
        key.seen_at = None


def _retire(key: DkimKey, now: datetime) -> None:
    key.state, key.retired_at = State.RETIRED, now
    key.save(update_fields=["state", "retired_at"])


def _lock(domain: Domain) -> None:
    """Let nobody else change the domain's keys: of two who do at once, the second sees what the first did.

    Not by the domain's row: some take that one after they wrote into the audit trail, and we do so after this.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, domain.id % 2**31])
    if not Domain.objects.filter(id=domain.id).exists():
        raise NotFoundError(f"there is no domain {domain.name}")


def _tell(domain: Domain, what: str, key: DkimKey, actor: audit.Actor, *, before: str | None = None) -> None:
    details = {"selector": key.selector, "algorithm": str(key.algorithm)}
    audit.record(
        actor=actor,
        action=f"dkim.{what}",
        target=target_of(domain),
        details=details | ({"instead_of": before} if before else {}),
    )
