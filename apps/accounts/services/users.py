"""People: made, changed, let in and kept out."""

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.accounts.services.sessions import end_all
from apps.domains.models import Domain
from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from apps.protocols.addresses import Address, AddressError


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
    try:
        parsed = Address.parse(address)
    except AddressError as error:
        raise DirectoryError(f"{address}: {error}") from None
    domain = Domain.objects.select_related("organisation").filter(name=parsed.domain).first()
    if domain is None:
        raise NotFoundError(f"{parsed.domain} is not a domain we serve")
    try:
        with transaction.atomic():
            user = User.objects.create(
                address=parsed.key,
                name=name,
                language=language,
                domain=domain,
                organisation=domain.organisation,
            )
            audit.record(actor=actor, action="user.create", target=target_of(user), details={"name": name})
    except IntegrityError:
        raise AlreadyExistsError(f"there is a user {parsed.key} already") from None
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
    with transaction.atomic():
        User.objects.filter(id=user.id).update(**changed)
        audit.record(actor=actor, action="user.change", target=target_of(user), details=changed)
    for field, value in changed.items():
        setattr(user, field, value)
