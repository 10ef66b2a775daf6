"""As whom a user may write: every address that leads to them, with a name and a signature for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.events.transactions import perform, query
from apps.mailboxes.queries import mailboxes_of, may_send_as
from apps.mailflow.models import Identity
from apps.organisations.errors import NotFoundError
from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime.header_text import one_line
from apps.protocols.mime.letter import Person

from . import sql

SIGNATURE_LIMIT = 64 * 1024
NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """One address to write as, and how its letters begin and end."""

    address: str
    name: str
    signature_text: str = ""
    signature_html: str = ""
    is_default: bool = False

    @property
    def person(self) -> Person:
        """The author of a letter written so."""
        return Person(self.address, self.name)


def identities(user_id: int) -> tuple[Shown, ...]:
    """Return every address a user may write as, the default first; signature and name are their own for each."""
    user = User.objects.get(id=user_id)
    boxes = [box.mailbox_id for box in mailboxes_of(user_id) if "send" in box.rights]
    params = {"mailbox_ids": boxes, "organisation_id": user.organisation_id}
    addresses = [row[0] for row in perform(query(sql.ADDRESSES, params))]
    kept = {identity.address: identity for identity in Identity.objects.filter(user_id=user_id)}
    default = next((a for a in addresses if a in kept and kept[a].is_default), "")
    if not default:
        default = user.address if user.address in addresses else next(iter(addresses), "")
    shown = [_shown(address, kept.get(address), user, is_default=address == default) for address in addresses]
    return tuple(sorted(shown, key=lambda each: not each.is_default))


def _shown(address: str, kept: Identity | None, user: User, *, is_default: bool) -> Shown:
    if kept is None:
        return Shown(address, user.name, is_default=is_default)
    return Shown(address, kept.name or user.name, kept.signature_text, kept.signature_html, is_default)


def default(user_id: int) -> Person:
    """Return as whom a user writes when they do not say; their login address where nothing leads to them."""
    found = identities(user_id)
    if found:
        return found[0].person
    user = User.objects.get(id=user_id)
    return Person(user.address, user.name)


def keys_of(user_id: int) -> frozenset[str]:
    """Return the keys of all addresses of a user: who is left out of an answer to all."""
    return frozenset(each.address for each in identities(user_id))


def set_identity(
    *,
    user_id: int,
    address: str,
    name: str = "",
    signature_text: str = "",
    signature_html: str = "",
    is_default: bool = False,
) -> Shown:
    """Say how letters written as an address begin and end; NotFoundError if the user may not write as it.

    The HTML of a signature is kept as it comes: whoever takes it from a browser cleans it first.
    """
    try:
        key = Address.parse(address).key
    except AddressError:
        raise NotFoundError("no address of yours") from None
    with transaction.atomic():
        if not perform(may_send_as(user_id, key)):
            raise NotFoundError("no address of yours")
        user = User.objects.select_for_update(no_key=True, of=("self",)).get(id=user_id)
        if is_default:
            Identity.objects.filter(user_id=user_id, is_default=True).exclude(address=key).update(
                is_default=False
            )
        identity, _ = Identity.objects.update_or_create(
            user_id=user_id,
            address=key,
            defaults={
                "name": one_line(name)[:NAME_LIMIT],
                "signature_text": _kept(signature_text),
                "signature_html": _kept(signature_html),
                "is_default": is_default,
            },
        )
    return _shown(key, identity, user, is_default=is_default)


def _kept(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:SIGNATURE_LIMIT]


def choose(found: Sequence[Shown], address: str) -> Shown | None:
    """Return the identity of an address, where the original of an answer named one; the default otherwise."""
    try:
        key = Address.parse(address, forgiving=True).key
    except AddressError:
        key = ""
    return next((each for each in found if each.address == key), next(iter(found), None))
