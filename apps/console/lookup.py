"""Finding what an address of the console names; what is not shown to the reader is not found."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import (
    grants_of,
    organisations_in,
    target_of_domain,
    target_of_organisation,
    target_of_user,
    users_in,
)
from apps.domains.models import Domain
from apps.domains.services import our_address
from apps.mailboxes.models import Alias, Mailbox
from apps.mailboxes.queries import target_of_alias, target_of_mailbox
from apps.organisations.errors import DirectoryError, NotFoundError
from apps.organisations.models import Organisation

from .access import demand, subject, where

FULL = Mailbox.objects.select_related("domain__organisation", "owner", "usage").prefetch_related(
    "members__user"
)


def organisation(request: HttpRequest, organisation_id: int, verb: Verb = Verb.VIEW) -> Organisation:
    """Return an organisation this may be done to."""
    found = get_object_or_404(Organisation, id=organisation_id)
    demand(request, verb, target_of_organisation(found))
    return found


def domain(request: HttpRequest, domain_id: int, verb: Verb = Verb.VIEW) -> Domain:
    """Return a domain this may be done to."""
    found = get_object_or_404(Domain.objects.select_related("organisation"), id=domain_id)
    demand(request, verb, target_of_domain(found))
    return found


def mailbox(request: HttpRequest, mailbox_id: int, verb: Verb = Verb.VIEW) -> Mailbox:
    """Return a mailbox this may be done to; a deleted one is gone."""
    found = get_object_or_404(FULL, id=mailbox_id, removing_since=None)
    demand(request, verb, target_of_mailbox(found))
    return found


def alias(request: HttpRequest, alias_id: int, verb: Verb = Verb.VIEW) -> Alias:
    """Return an alias this may be done to."""
    found = get_object_or_404(Alias.objects.select_related("domain__organisation"), id=alias_id)
    demand(request, verb, target_of_alias(found))
    return found


def user(request: HttpRequest, user_id: int, verb: Verb = Verb.VIEW) -> User:
    """Return a user this may be done to."""
    found = get_object_or_404(User.objects.select_related("organisation", "domain"), id=user_id)
    demand(request, verb, target_of_user(found))
    return found


def place_of(request: HttpRequest, address: str, noun: Noun) -> Domain:
    """Return the domain of an address to be made; one the reader has no say in is not served at all."""
    found, _ = our_address(address)
    if not may(subject(request), Verb.CREATE, Target(noun, found.organisation_id, found.id)):
        raise NotFoundError(f"{found.name} is not a domain where you may do this")
    return found


def person(request: HttpRequest, address: str) -> User:
    """Return the user of an address that a form names, as far as the reader is shown them."""
    found = users_in(where(request, Noun.USER)).filter(address=address.strip().lower()).first()
    if found is None:
        raise NotFoundError(f"there is no user {address.strip()}")
    return found


def demand_owner(request: HttpRequest, place: Domain, owner: User, verb: Verb) -> None:
    """Refuse a mailbox for somebody with more power than the reader."""
    target = Target(Noun.MAILBOX, place.organisation_id, place.id, owner.id, grants=grants_of(owner.id))
    if not may(subject(request), verb, target):
        raise DirectoryError(f"{owner.address} has a role you may not act upon")


def heir(request: HttpRequest, address: str, place: Domain) -> User:
    """Return the user who gets a mailbox."""
    found = person(request, address)
    demand_owner(request, place, found, Verb.DELETE)
    return found


def choices_of_organisations(request: HttpRequest, noun: Noun) -> list[tuple[str, str]]:
    """Return the organisations where the reader may make something."""
    rows = organisations_in(where(request, noun, Verb.CREATE)).order_by("name").values_list("id", "name")
    return [(str(key), name) for key, name in rows[:200]]


def rights_on(request: HttpRequest, target: Target, verbs: Mapping[str, Verb]) -> dict[str, bool]:
    """Say for a page which of its buttons it may offer."""
    return {name: may(subject(request), verb, target) for name, verb in verbs.items()}


def query_of(request: HttpRequest, name: str = "q") -> str:
    """Return what was typed into a list's search box."""
    text: Any = request.GET.get(name, "")
    return str(text).replace("\0", "").strip()[:200]
