"""Senders whose pictures a user wants to see without being asked: said above a message, taken back in the settings.

Whoever can write the sender's address into a letter has its pictures shown, too. What they learn from that is that
the letter was opened, from our proxy's address and not from the reader's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.accounts.models import User
from apps.protocols.addresses import Address, AddressError

from .models import TrustedSender

MOST = 2000
"""So many are kept; of more, the oldest are let go."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A sender, and the number it is withdrawn by."""

    id: int
    address: str


def trust(*, user_id: int, address: str) -> bool:
    """Show a sender's pictures from now on; False for what is no address. May be said twice."""
    key = _key(address)
    if key is None:
        return False
    TrustedSender.objects.get_or_create(user=User(id=user_id), key=key)
    old = TrustedSender.objects.filter(user_id=user_id).order_by("-id").values_list("id", flat=True)[MOST:]
    TrustedSender.objects.filter(id__in=list(old)).delete()
    return True


def withdraw(*, user_id: int, address: str) -> None:
    """Ask again before a sender's pictures are shown."""
    TrustedSender.objects.filter(user_id=user_id, key=_key(address) or "").delete()


def withdraw_one(*, user_id: int, trusted_id: int) -> str | None:
    """Do the same by its number; return the address, or None where the user trusts none of this number."""
    found = TrustedSender.objects.filter(user_id=user_id, id=trusted_id).first()
    if found is None:
        return None
    found.delete()
    return found.key


def trusted(*, user_id: int) -> list[Trusted]:
    """Return every sender a user trusts, by address."""
    rows = TrustedSender.objects.filter(user_id=user_id).order_by("key")
    return [Trusted(row.id, row.key) for row in rows]


def trusts(*, user_id: int, addresses: Iterable[str]) -> frozenset[str]:
    """Return those of these addresses, as they were given, that a user trusts. One statement."""
    keys = {address: key for address in addresses if (key := _key(address))}
    if not keys:
        return frozenset()
    kept = set(
        TrustedSender.objects.filter(user_id=user_id, key__in=set(keys.values())).values_list(
            "key", flat=True
        )
    )
    return frozenset(address for address, key in keys.items() if key in kept)


def _key(address: str) -> str | None:
    try:
        return Address.parse(address.strip(), forgiving=True).key[:320]
    except AddressError:
        return None
