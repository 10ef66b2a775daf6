"""Mailboxes: listed and searched, made, and shown with whoever may open them."""

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import last_seen
from apps.accounts.services import credentials, users
from apps.console import lookup
from apps.console.access import actor, administrators, reach, subject, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import PaperForm, SizeField
from apps.console.importing import may_import
from apps.console.paging import Order, page_of
from apps.domains.services import our_address
from apps.mailboxes import services
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import find_mailboxes, mailboxes_in, target_of_mailbox
from apps.organisations.errors import DirectoryError

from .secrets import new_password, show_once

SECTION = "mailboxes"
# Of its quota a mailbox holds so much when it is called nearly full.
FULL = 0.95
ORDERS = {
    "address": Order(("local_part", "id")),
    "used": Order(("usage__bytes", "id"), is_descending=True),
    "newest": Order(("id",), is_descending=True),
}


class MailboxForm(PaperForm):
    """A new mailbox, and whose it is."""

    address = forms.CharField(
        label=_("Address"),
        max_length=320,
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    owner = forms.ChoiceField(
        label=_("Whose"),
        widget=forms.RadioSelect,
        choices=[
            ("new", _("A new user, who signs in with this address")),
            ("existing", _("A user there is already")),
            ("shared", _("Nobody's: it is shared, and its members open it")),
        ],
        initial="new",
    )
    owner_address = forms.CharField(
        label=_("Address of the user"),
        required=False,
        max_length=320,
        help_text=_("For a user there is already."),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=200, help_text=_("Of the new user."))
    quota = SizeField(label=_("Room"))


@administrators
def mailboxes(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = mailboxes_in(reach(request, Noun.MAILBOX))
    return render(request, "console/mailboxes/list.html", {"section": SECTION, **listed(request, rows)})


def listed(request: HttpRequest, rows: QuerySet[Mailbox]) -> dict[str, Any]:
    """Return what a list of mailboxes shows: those that were searched for, filtered, sorted, one page of them."""
    rows = find_mailboxes(rows, lookup.query_of(request))
    match request.GET.get("state"):
        case "on":
            rows = rows.filter(is_active=True)
        case "off":
            rows = rows.filter(is_active=False)
        case "full":
            rows = rows.filter(quota_bytes__gt=0, usage__bytes__gte=F("quota_bytes") * FULL)
        case "shared":
            rows = rows.filter(owner=None)
    sort = request.GET.get("sort", "address")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["address"]))
    seen = last_seen([row.owner_id for row in page.items if row.owner_id])
    return {
        "page": page,
        "lines": [(row, seen.get(row.owner_id or 0)) for row in page.items],
        "sort": sort,
        "may_add": bool(where(request, Noun.MAILBOX, Verb.CREATE)),
        "may_import": may_import(request),
    }


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make one; a new user comes with it, with a password that is shown this once."""
    reach(request, Noun.MAILBOX, Verb.CREATE)
    initial = {"quota": settings.MAIL_DEFAULT_QUOTA_BYTES, "address": request.GET.get("address", "")}
    form = MailboxForm(posted(request), initial=initial)

    def run(data: dict[str, Any]) -> Done | HttpResponse:
        return _make(request, data)

    return ask(
        request,
        form,
        title=_("Add a mailbox"),
        section=SECTION,
        button=_("Add"),
        back=reverse("console:mailboxes"),
        run=run,
    )


def _make(request: HttpRequest, data: dict[str, Any]) -> Done | HttpResponse:
    who, by = subject(request), actor(request)
    place = lookup.place_of(request, data["address"], Noun.MAILBOX)
    _domain, key = our_address(data["address"])
    target = Target(Noun.MAILBOX, place.organisation_id, place.id)
    quota = data["quota"] if may(who, Verb.LIMIT, target) else None
    password = ""
    # All of it or nothing.
    with transaction.atomic():
        owner = None
        if data["owner"] == "existing":
            owner = lookup.person(request, data["owner_address"])
            lookup.demand_owner(request, place, owner, Verb.CREATE)
        elif data["owner"] == "new":
            if not may(who, Verb.CREATE, Target(Noun.USER, place.organisation_id, place.id)):
                raise DirectoryError(_("You may not add users here."))
            owner = users.create_user(address=key, name=data["name"], actor=by)
            password = new_password()
            credentials.set_password(user=owner, password=password, actor=by)
        made = services.create_mailbox(address=key, owner=owner, quota_bytes=quota, actor=by)
    if password and owner is not None:
        return show_once(
            request,
            title=_("%(address)s was added") % {"address": made},
            section=SECTION,
            login=owner.address,
            password=password,
            back=_page(made),
        )
    return _("%(address)s was added.") % {"address": made}, _page(made)


@administrators
def mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Show one: whose it is, how full, and who else opens it."""
    found = lookup.mailbox(request, mailbox_id)
    rights = {
        "change": Verb.CHANGE,
        "limit": Verb.LIMIT,
        "disable": Verb.DISABLE,
        "delete": Verb.DELETE,
        "manage": Verb.MANAGE,
    }
    context = {
        "section": SECTION,
        "found": found,
        "seen_at": last_seen([found.owner_id]).get(found.owner_id) if found.owner_id else None,
        "may": lookup.rights_on(request, target_of_mailbox(found), rights),
    }
    return render(request, "console/mailboxes/page.html", context)


def _page(mailbox: Mailbox) -> str:
    return reverse("console:mailbox", args=[mailbox.id])
