"""Finding what a request names; what the user is not shown is not found."""

from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Verb, reach_of
from apps.accounts.queries import target_of_domain, target_of_organisation, target_of_user, users_in
from apps.domains.models import Domain
from apps.domains.services import our_address
from apps.organisations.errors import NotFoundError
from apps.organisations.models import Organisation

from .permission import demand, sees, subject


def one[M: Model](rows: QuerySet[M], **by: object) -> M:
    """Return the one row, or answer 404."""
    found = rows.filter(**by).first()
    if found is None:
        raise NotFound
    return found


def user(request: Request, user_id: int, verb: Verb = Verb.VIEW) -> User:
    """Return a user the request may do this to."""
    found = one(User.objects.select_related("organisation", "domain"), id=user_id)
    demand(request, verb, target_of_user(found))
    return found


def seen_user(request: Request, user_id: int) -> User:
    """Return a user the token's user is shown, whatever the token's scopes."""
    found = one(User.objects.select_related("organisation", "domain"), id=user_id)
    if not sees(request, target_of_user(found)):
        raise NotFound
    return found


def named_user(request: Request, user_id: int) -> User:
    """Return a user that a body names, as far as the token's user is shown them."""
    found = User.objects.select_related("organisation", "domain").filter(id=user_id).first()
    if found is None or not sees(request, target_of_user(found)):
        raise NotFoundError(f"there is no user {user_id}")
    return found


def shown_user(request: Request, user_id: int) -> User:
    """Return a user with roles, as they are shown."""
    return one(users_in(reach_of(subject(request), Verb.VIEW, Noun.USER)), id=user_id)


def domain_of(request: Request, address: str) -> Domain:
    """Return the domain of an address to be made; one that the user is not shown is not served at all."""
    domain, _ = our_address(address)
    if not sees(request, target_of_domain(domain)):
        raise NotFoundError(f"{domain.name} is not a domain we serve")
    return domain


def named_domain(request: Request, domain_id: int) -> Domain:
    """Return a domain that a body names."""
    found = Domain.objects.select_related("organisation").filter(id=domain_id).first()
    if found is None or not sees(request, target_of_domain(found)):
        raise NotFoundError(f"there is no domain {domain_id}")
    return found


def named_organisation(request: Request, organisation_id: int) -> Organisation:
    """Return an organisation that a body names."""
    found = Organisation.objects.filter(id=organisation_id).first()
    if found is None or not sees(request, target_of_organisation(found)):
        raise NotFoundError(f"there is no organisation {organisation_id}")
    return found
