"""Tenants: made, switched off and on."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.events import audit

from .errors import AlreadyExistsError, DirectoryError, NotFoundError, check_name, check_quota
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
    check_quota(quota_bytes)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(name=name, quota_bytes=quota_bytes)
            audit.record(actor=actor, action="organisation.create", target=target_of(organisation))
    except IntegrityError:
        raise AlreadyExistsError(f"there is an organisation {name} already") from None
    return organisation


def set_quota(*, organisation: Organisation, quota_bytes: int | None, actor: audit.Actor) -> None:
    """Change how much all its mailboxes may hold together; None means no limit."""
    check_quota(quota_bytes)
    with transaction.atomic():
        before = Organisation.objects.select_for_update(no_key=True).get(id=organisation.id).quota_bytes
        Organisation.objects.filter(id=organisation.id).update(quota_bytes=quota_bytes)
        audit.record(
            actor=actor,
            action="organisation.quota",
            target=target_of(organisation),
            details={"before": before, "after": quota_bytes},
        )
    organisation.quota_bytes = quota_bytes


def disable_organisation(*, organisation: Organisation, actor: audit.Actor) -> None:
    """Keep its users out and refuse mail for its mailboxes; nothing is deleted."""
    _switch(organisation, on=False, actor=actor)


def enable_organisation(*, organisation: Organisation, actor: audit.Actor) -> None:
    """Let it work again."""
    _switch(organisation, on=True, actor=actor)


def delete_organisation(*, organisation: Organisation, actor: audit.Actor) -> None:
    """Delete a tenant; refused while it has domains or users, or mail of theirs waits in the queue."""
    try:
        with transaction.atomic():
            if Organisation.objects.filter(id=organisation.id).delete()[0]:
                audit.record(actor=actor, action="organisation.delete", target=target_of(organisation))
    except (ProtectedError, IntegrityError):
        raise DirectoryError(
            f"{organisation.name} still has domains or users, or mail of theirs is in the queue"
        ) from None


def _switch(organisation: Organisation, *, on: bool, actor: audit.Actor) -> None:
    with transaction.atomic():
        if Organisation.objects.filter(id=organisation.id, is_active=not on).update(is_active=on):
            action = "organisation.enable" if on else "organisation.disable"
            audit.record(actor=actor, action=action, target=target_of(organisation))
    organisation.is_active = on
