"""Roles: who has which, what each may do, given and taken."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Role
from apps.accounts.permissions import ROLES, Grant, Noun, Target, Verb, may
from apps.accounts.queries import domains_in, grants_of, roles_in, target_of_role
from apps.accounts.services.roles import grant_role, revoke_role
from apps.console import lookup
from apps.console.access import actor, administrators, allowed, reach, subject, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.console.paging import Order, page_of
from apps.console.words import NOUNS, VERBS
from apps.console.words import ROLES as NAMES

SECTION = "roles"


class RoleForm(PaperForm):
    """A role, and where it stands."""

    kind = forms.ChoiceField(label=_("Role"))
    place = forms.ChoiceField(label=_("Where"))


@administrators
def roles(request: HttpRequest) -> HttpResponse:
    """Show who has a role, and what each may do."""
    rows = roles_in(reach(request, Noun.ROLE))
    if (kind := request.GET.get("kind")) in Role.Kind.values:
        rows = rows.filter(kind=kind)
    if text := lookup.query_of(request):
        rows = rows.filter(user__address__icontains=text)
    page = page_of(request, rows, Order(("user__address", "id")))
    who = subject(request)
    grants = _grants_of_all(page.items)
    lines = []
    for role in page.items:
        target = Target(Noun.ROLE, *_place(role), role.user_id, grants=grants[role.user_id])
        lines.append((role, NAMES[Role.Kind(role.kind)], may(who, Verb.DELETE, target)))
    matrix = [
        (
            NOUNS[noun],
            [[VERBS[verb] for verb in VERBS if verb in ROLES[kind].get(noun, ())] for kind in NAMES],
        )
        for noun in NOUNS
    ]
    context = {
        "section": SECTION,
        "page": page,
        "lines": lines,
        "names": list(NAMES.items()),
        "kind": kind,
        "matrix": matrix,
    }
    return render(request, "console/roles/list.html", context)


def _place(role: Role) -> tuple[int, int | None]:
    if role.domain is not None:
        return role.domain.organisation_id, role.domain_id
    assert role.organisation_id is not None
    return role.organisation_id, None


def _grants_of_all(items: list[Role]) -> dict[int, frozenset[Grant]]:
    """Load every role of those on the page, in one query."""
    found: dict[int, set[Grant]] = {role.user_id: set() for role in items}
    for role in Role.objects.select_related("domain").filter(user_id__in=found):
        place, domain_id = _place(role)
        found[role.user_id].add(Grant(Role.Kind(role.kind), place, domain_id))
    return {user_id: frozenset(grants) for user_id, grants in found.items()}


@administrators
def give(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a user a role."""
    found = lookup.user(request, user_id)
    if not where(request, Noun.ROLE, Verb.CREATE):
        raise PermissionDenied
    who, has = subject(request), grants_of(found.id)
    domains = (
        domains_in(where(request, Noun.DOMAIN)).filter(organisation_id=found.organisation_id).order_by("name")
    )
    places: dict[str, str] = {"organisation": found.organisation.name}
    places |= {str(domain.id): domain.name for domain in domains[:200]}

    def is_given(kind: Role.Kind, domain_id: int | None) -> bool:
        wanted = Grant(kind, found.organisation_id, domain_id)
        return may(
            who,
            Verb.CREATE,
            Target(Noun.ROLE, found.organisation_id, domain_id, found.id, grants=has | {wanted}),
        )

    kinds = [kind for kind in NAMES if any(is_given(kind, _id(place)) for place in places)]
    if not kinds:
        raise PermissionDenied
    form = RoleForm(posted(request), initial={"kind": kinds[-1]})
    for name, choices in (("kind", [(k.value, NAMES[k]) for k in kinds]), ("place", list(places.items()))):
        field = form.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def run(data: dict[str, Any]) -> Done:
        kind, domain_id = Role.Kind(data["kind"]), _id(data["place"])
        if not is_given(kind, domain_id):
            raise PermissionDenied
        domain = domains.filter(id=domain_id).first() if domain_id else None
        grant_role(
            user=found,
            kind=kind,
            organisation=None if domain else found.organisation,
            domain=domain,
            actor=actor(request),
        )
        return _("%(user)s is %(role)s now.") % {"user": found, "role": NAMES[kind]}, _back(user_id)

    return ask(
        request,
        form,
        title=_("Give %(user)s a role") % {"user": found},
        explain=[
            _("Superadmins and organisation admins stand in the organisation, domain admins in a domain.")
        ],
        section="users",
        button=_("Give"),
        back=_back(user_id),
        run=run,
    )


@administrators
def take(request: HttpRequest, user_id: int, role_id: int) -> HttpResponse:
    """Take a role away."""
    found = lookup.user(request, user_id)
    role = (
        Role.objects.select_related("user", "organisation", "domain").filter(id=role_id, user=found).first()
    )
    if role is None:
        raise Http404
    if not allowed(request, Verb.DELETE, target_of_role(role)):
        raise PermissionDenied
    name = NAMES[Role.Kind(role.kind)]

    def run(_data: dict[str, Any]) -> Done:
        revoke_role(role=role, actor=actor(request))
        return _("%(user)s is %(role)s no more.") % {"user": found, "role": name}, _back(user_id)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Take the role from %(user)s?") % {"user": found},
        explain=[
            _("%(role)s in %(place)s. What they do next is judged without it.")
            % {"role": name, "place": role.domain or role.organisation}
        ],
        section="users",
        button=_("Take away"),
        back=_back(user_id),
        run=run,
        is_danger=True,
    )


def _id(place: str) -> int | None:
    return int(place) if place.isdecimal() else None


def _back(user_id: int) -> str:
    return reverse("console:user", args=[user_id])
