"""Users: listed, made, and shown with roles, sessions and what lets them in."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts import security
from apps.accounts.models import Credential, Role, User
from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import find_users, grants_of, last_seen, users_in, without_second_step
from apps.accounts.services import credentials, users
from apps.console import lookup
from apps.console.access import actor, administrators, reach, subject, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import PaperForm
from apps.console.importing import may_import
from apps.console.paging import Order, page_of
from apps.mailboxes.models import Mailbox

from .secrets import new_password, show_once

SECTION = "users"
ORDERS = {"address": Order(("address",)), "newest": Order(("id",), is_descending=True)}


class UserForm(PaperForm):
    """A new user."""

    address = forms.CharField(
        label=_("Address to sign in with"),
        max_length=320,
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Of a domain we serve. A mailbox is made apart."),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


@administrators
def user_list(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = find_users(users_in(reach(request, Noun.USER)), lookup.query_of(request))
    match request.GET.get("state"):
        case "on":
            rows = rows.filter(is_active=True)
        case "off":
            rows = rows.filter(is_active=False)
        case "roles":
            rows = rows.filter(id__in=Role.objects.values("user_id"))
        case "password":
            seen_secrets = users_in(reach(request, Noun.CREDENTIAL)).values("id")
            rows = without_second_step(rows.filter(id__in=seen_secrets))
    sort = request.GET.get("sort", "address")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["address"]))
    seen = last_seen([row.id for row in page.items])
    context = {
        "section": SECTION,
        "page": page,
        "lines": [(row, seen.get(row.id)) for row in page.items],
        "sort": sort,
        "may_add": bool(where(request, Noun.USER, Verb.CREATE)),
        "sees_factors": bool(where(request, Noun.CREDENTIAL)),
        "may_import": may_import(request),
    }
    return render(request, "console/users/list.html", context)


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make one, with a password that is shown this once."""
    reach(request, Noun.USER, Verb.CREATE)
    form = UserForm(posted(request), initial={"language": user_language(request)})

    def run(data: dict[str, Any]) -> Done | HttpResponse:
        lookup.place_of(request, data["address"], Noun.USER)
        made = users.create_user(
            address=data["address"], name=data["name"], language=data["language"], actor=actor(request)
        )
        password = new_password()
        credentials.set_password(user=made, password=password, actor=actor(request))
        return show_once(
            request,
            title=_("%(address)s was added") % {"address": made},
            section=SECTION,
            login=made.address,
            password=password,
            back=reverse("console:user", args=[made.id]),
        )

    return ask(
        request,
        form,
        title=_("Add a user"),
        section=SECTION,
        button=_("Add"),
        back=reverse("console:users"),
        run=run,
    )


def user_language(request: HttpRequest) -> str:
    """Return the language of the page, as a first guess."""
    code: str = getattr(request, "LANGUAGE_CODE", "en")
    return code if code in dict(settings.LANGUAGES) else "en"


@administrators
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show one."""
    found = lookup.user(request, user_id)
    who, grants = subject(request), grants_of(found.id)

    def rights(noun: Noun, *verbs: Verb) -> bool:
        target = Target(noun, found.organisation_id, found.domain_id, found.id, grants=grants)
        return all(may(who, verb, target) for verb in verbs)

    may_see_sessions, may_see_credentials = (
        rights(Noun.SESSION, Verb.VIEW),
        rights(Noun.CREDENTIAL, Verb.VIEW),
    )
    sessions = found.sessions.filter(ended_at=None).order_by("-seen_at")[:50] if may_see_sessions else []
    secrets = (
        Credential.objects.filter(user=found).exclude(kind=Credential.Kind.PASSWORD).order_by("-id")[:100]
        if may_see_credentials
        else []
    )
    factors = security.factors(found) if may_see_credentials else None
    roles = Role.objects.filter(user=found).select_related("organisation", "domain").order_by("id")
    context = {
        "section": SECTION,
        "found": found,
        "roles": roles,
        "sessions": sessions,
        "secrets": secrets,
        "factors": factors,
        "mailboxes": Mailbox.objects.filter(owner=found)
        .select_related("domain", "usage")
        .order_by("local_part")[:20],
        "sees": {"sessions": may_see_sessions, "credentials": may_see_credentials},
        "may": {
            "change": rights(Noun.USER, Verb.CHANGE),
            "disable": rights(Noun.USER, Verb.DISABLE) and found.id != who.user_id,
            "delete": rights(Noun.USER, Verb.DELETE) and found.id != who.user_id,
            "password": rights(Noun.CREDENTIAL, Verb.CHANGE),
            "revoke": rights(Noun.CREDENTIAL, Verb.DELETE),
            "reset": rights(Noun.CREDENTIAL, Verb.DELETE) and found.id != who.user_id,
            "end": rights(Noun.SESSION, Verb.DELETE),
            "give": bool(where(request, Noun.ROLE, Verb.CREATE)),
        },
    }
    return render(request, "console/users/page.html", context)


def page_of_user(user: User) -> str:
    """Return where one is shown."""
    return reverse("console:user", args=[user.id])
