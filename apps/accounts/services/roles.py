"""Roles: given and taken away."""

from django.db import IntegrityError, transaction

from apps.accounts.models import Role, User
from apps.accounts.services.users import target_of
from apps.domains.models import Domain
from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError
from apps.organisations.models import Organisation

ORGANISATION_ONLY = frozenset({Role.Kind.SUPERADMIN, Role.Kind.ORGANISATION_ADMIN})


def grant_role(
    *,
    user: User,
    kind: Role.Kind,
    organisation: Organisation | None = None,
    domain: Domain | None = None,
    actor: audit.Actor,
) -> Role:
    """Give a user a role in an organisation or in a domain of the user's own organisation."""
    if (organisation is None) == (domain is None):
        raise DirectoryError("a role stands in an organisation or in a domain")
    if kind == Role.Kind.DOMAIN_ADMIN and domain is None:
        raise DirectoryError("a domain admin's role stands in a domain")
    if kind in ORGANISATION_ONLY and organisation is None:
        raise DirectoryError(f"the role {kind} stands in an organisation")
    place = organisation.id if organisation else domain.organisation_id if domain else 0
    if place != user.organisation_id:
        raise DirectoryError(f"{user.address} is of another organisation")
    try:
        with transaction.atomic():
            role = Role.objects.create(user=user, kind=kind, organisation=organisation, domain=domain)
            _record("grant", role, actor)
    except IntegrityError:
        raise AlreadyExistsError(f"{user.address} has this role already") from None
    return role


def revoke_role(*, role: Role, actor: audit.Actor) -> None:
    """Take a role away; what the user does next is judged without it."""
    with transaction.atomic():
        if Role.objects.filter(id=role.id).delete()[0]:
            _record("revoke", role, actor)


def _record(verb: str, role: Role, actor: audit.Actor) -> None:
    place = role.organisation or role.domain
    audit.record(
        actor=actor,
        action=f"role.{verb}",
        target=target_of(role.user),
        details={"role": str(role.kind), "in": str(place)},
    )
