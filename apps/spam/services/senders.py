"""Entries of lists made and removed."""

import datetime as dt
import ipaddress

from django.db import transaction

from apps.events import audit
from apps.organisations.errors import DirectoryError
from apps.protocols.addresses import Address, AddressError, DomainName
from apps.spam.lists import Effect, Subject
from apps.spam.models import SenderEntry
from apps.spam.scopes import Scope

MOST = 5000
"""Entries of one level: a list longer than people can read is a rule."""
LEAST_PREFIX = {4: 8, 6: 16}
SHORTEST = 3
LONGEST = 200


def add_entry(
    *,
    scope: Scope,
    effect: Effect,
    subject: Subject,
    pattern: str,
    actor: audit.Actor,
    reason: str = "",
    expires_at: dt.datetime | None = None,
) -> SenderEntry:
    """Allow or block a sender at one level; what was there of the same pattern is replaced. Raises DirectoryError."""
    pattern = parsed(subject, pattern)
    with transaction.atomic():
        others = SenderEntry.objects.filter(**scope.columns)
        if others.exclude(subject=subject.value, pattern=pattern).count() >= MOST:
            raise DirectoryError(f"a list has at most {MOST} entries")
        entry, _ = SenderEntry.objects.update_or_create(
            **scope.columns,
            subject=subject.value,
            pattern=pattern,
            defaults={
                "effect": effect.value,
                "reason": _line(reason),
                "expires_at": expires_at,
                "created_by": actor.name[:320],
            },
        )
        audit.record(
            actor=actor,
            action=f"filter.{effect}",
            target=scope.named(),
            details={
                "name": f"{subject}:{pattern}",
                **({"reason": entry.reason} if entry.reason else {}),
                **({"expires_at": expires_at.isoformat(timespec="seconds")} if expires_at else {}),
            },
        )
    return entry


def remove_entry(*, scope: Scope, entry_id: int, actor: audit.Actor) -> bool:
    """Take an entry of one level off its list; False where it has none of that number."""
    with transaction.atomic():
        entry = SenderEntry.objects.select_for_update().filter(**scope.columns, id=entry_id).first()
        if entry is None:
            return False
        entry.delete()
        audit.record(
            actor=actor,
            action="filter.unlist",
            target=scope.named(),
            details={"name": f"{entry.subject}:{entry.pattern}"},
        )
    return True


def forget_expired(now: dt.datetime) -> int:
    """Remove entries whose time is over; they count for nothing before that, too."""
    return SenderEntry.objects.filter(expires_at__lte=now).delete()[0]


def parsed(subject: Subject, pattern: str) -> str:
    """Return a pattern as it is kept; raises DirectoryError for what is none."""
    pattern = " ".join(pattern.split())
    try:
        match subject:
            case Subject.ADDRESS:
                return Address.parse(pattern).key
            case Subject.DOMAIN:
                return DomainName.parse(pattern.removeprefix("*.").removeprefix("@")).name
            case Subject.NETWORK:
                return _network(pattern)
            case Subject.SUBJECT:
                return _words(pattern)
    except DirectoryError:
        raise  # Is a ValueError, too.
    except (AddressError, ValueError):
        what = {Subject.ADDRESS: "an address", Subject.DOMAIN: "a domain"}.get(subject, "a network")
        raise DirectoryError(f"{pattern[:100]} is not {what}") from None


def _network(pattern: str) -> str:
    network = ipaddress.ip_network(pattern, strict=False)
    if network.prefixlen < LEAST_PREFIX[network.version]:
        raise DirectoryError(f"{pattern} is too large a network")
    return str(network)


def _words(pattern: str) -> str:
    if not SHORTEST <= len(pattern) <= LONGEST or not pattern.isprintable():
        raise DirectoryError(f"words of a subject have {SHORTEST} to {LONGEST} printable characters")
    return pattern.casefold()[:320]


def _line(text: str) -> str:
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:200]
