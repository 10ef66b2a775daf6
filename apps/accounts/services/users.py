"""People: made, changed, let in and kept out."""

import re

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.accounts.services.sessions import end_all
from apps.domains.models import Domain
from apps.domains.services import our_address
from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError, check_name
from apps.protocols.addresses import Address, AddressError

MAX_LANGUAGE = 12


def target_of(user: User) -> audit.Target:
    """Return how the audit trail names a user."""
    return audit.Target("user", user.id, user.address, user.organisation_id)


def find_user(address: str) -> User:
    """Return the user of an address; raises NotFoundError."""
    try:
        return User.objects.select_related("organisation", "domain").get(address=Address.parse(address).key)
    except (AddressError, User.DoesNotExist):
        raise NotFoundError(f"there is no user {address}") from None


def create_user(*, address: str, name: str = "", language: str = "en", actor: audit.Actor) -> User:
    """Make a user who signs in with an address of a domain we serve, in the organisation that owns it."""
    domain, key = our_address(address)
    _check(name, language)
    try:
        with transaction.atomic():
            # Before the trail's lock: the transaction may go on to a mailbox, which takes this row, while who changes
            # the domain holds it and waits for the trail.
            Domain.objects.select_for_update(no_key=True).filter(id=domain.id).exists()
            user = User.objects.create(
                address=key,
                name=name,
                language=language,
                domain=domain,
                organisation=domain.organisation,
            )
            audit.record(actor=actor, action="user.create", target=target_of(user), details={"name": name})
    except IntegrityError:
        raise AlreadyExistsError(f"there is a user {key} already") from None
    return user


def disable_user(*, user: User, actor: audit.Actor) -> None:
    """Keep a user out, now: every session ends."""
    with transaction.atomic():
        if User.objects.filter(id=user.id, is_active=True).update(is_active=False):
            end_all(user_id=user.id)
            audit.record(actor=actor, action="user.disable", target=target_of(user))
    user.is_active = False


def enable_user(*, user: User, actor: audit.Actor) -> None:
    """Let a user in again."""
    with transaction.atomic():
        if User.objects.filter(id=user.id, is_active=False).update(is_active=True):
            audit.record(actor=actor, action="user.enable", target=target_of(user))
    user.is_active = True


def delete_user(*, user: User, actor: audit.Actor) -> None:
    """Delete a user with every session, credential and role; refused while something is still theirs, like a mailbox."""
    try:
        with transaction.atomic():
            row = User.objects.select_for_update().filter(id=user.id).first()
            if row is None:
                return
            roles = sorted(f"{role.kind}" for role in row.roles.all())
            target = target_of(row)
            row.delete()
            audit.record(actor=actor, action="user.delete", target=target, details={"roles": roles})
    except (ProtectedError, IntegrityError):
        raise DirectoryError(f"{user.address} still owns something, such as a mailbox") from None


def change_user(
    *, user: User, name: str | None = None, language: str | None = None, actor: audit.Actor
) -> None:
    """Change how a user is called, or the language they are spoken to in."""
    changed = {
        field: value
        for field, value in (("name", name), ("language", language))
        if value is not None and value != getattr(user, field)
    }
    if not changed:
        return
    _check(name or "", language or "en")
    with transaction.atomic():
        User.objects.filter(id=user.id).update(**changed)
        audit.record(actor=actor, action="user.change", target=target_of(user), details=changed)
    for field, value in changed.items():
        setattr(user, field, value)


def _check(name: str, language: str) -> None:
    check_name(name)
    if len(language) > MAX_LANGUAGE or not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", language):
        raise DirectoryError(f"{language!r} is not a language like en or pt-BR")
