"""Tenants: made, switched off and on."""

from django.db import IntegrityError, transaction

from apps.events import audit

from .errors import AlreadyExistsError, DirectoryError, NotFoundError, check_name
from .models import Organisation


def target_of(organisation: Organisation) -> audit.Target:
    """Return how the audit trail names an organisation."""
    return audit.Target("organisation", organisation.id, organisation.name, organisation.id)


def find_organisation(name: str) -> Organisation:
    """Return the organisation of a name; raises NotFoundError."""
    try:
        return Organisation.objects.get(name=name)
    except Organisation.DoesNotExist:
        raise NotFoundError(f"there is no organisation {name}") from None


def create_organisation(*, name: str, quota_bytes: int | None = None, actor: audit.Actor) -> Organisation:
    """Make a tenant."""
    if not name.strip():
        raise DirectoryError("an organisation has a name")
    check_name(name)
    if quota_bytes is not None and not 0 < quota_bytes < 2**62:
        raise DirectoryError("a quota is a number of bytes below 4 EiB")
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(name=name, quota_bytes=quota_bytes)
            audit.record(actor=actor, action="organisation.create", target=target_of(organisation))
    except IntegrityError:
        raise AlreadyExistsError(f"there is an organisation {name} already") from None
    return organisation


def disable_organisation(*, organisation: Organisation, actor: audit.Actor) -> None:
    """Keep its users out and refuse mail for its mailboxes; nothing is deleted."""
    _switch(organisation, on=False, actor=actor)


def enable_organisation(*, organisation: Organisation, actor: audit.Actor) -> None:
    """Let it work again."""
    _switch(organisation, on=True, actor=actor)


def _switch(organisation: Organisation, *, on: bool, actor: audit.Actor) -> None:
    with transaction.atomic():
        if Organisation.objects.filter(id=organisation.id, is_active=not on).update(is_active=on):
            action = "organisation.enable" if on else "organisation.disable"
            audit.record(actor=actor, action=action, target=target_of(organisation))
    organisation.is_active = on
