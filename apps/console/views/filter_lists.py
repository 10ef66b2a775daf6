"""Senders that are always wanted, or never: the lists of every level."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Reach, Verb
from apps.console.access import actor, administrators, allowed, patient, reach
from apps.console.asking import Done, ask, posted
from apps.console.filtering import LEVELS, name_of, number_of, scope_of
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.console.lookup import query_of
from apps.console.paging import Order, page_of
from apps.domains.models import Domain
from apps.organisations.errors import NotFoundError
from apps.organisations.models import Organisation
from apps.spam.lists import Effect, Subject
from apps.spam.models import SenderEntry
from apps.spam.scopes import SITE, Scope
from apps.spam.services import senders

SECTION = "filter"
NEWEST = Order(("id",), is_descending=True)
PLACES = ("organisation", "domain__organisation", "group__organisation", "mailbox__domain__organisation")


class SenderForm(PaperForm):
    """A new entry."""

    place = forms.CharField(
        label=_("For"),
        required=False,
        max_length=320,
        help_text=_("A domain or the name of an organisation; empty: everybody."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    effect = forms.ChoiceField(
        label=_("Mail like this is"),
        choices=[(Effect.BLOCK.value, _("never wanted")), (Effect.ALLOW.value, _("always wanted"))],
    )
    subject = forms.ChoiceField(
        label=_("It is known by"),
        choices=[
            (Subject.ADDRESS.value, _("its sender's address")),
            (Subject.DOMAIN.value, _("its sender's domain")),
            (Subject.NETWORK.value, _("the network it comes from")),
            (Subject.SUBJECT.value, _("words of its subject")),
        ],
    )
    pattern = forms.CharField(label=_("Which is"), max_length=320)
    reason = forms.CharField(label=_("Why"), required=False, max_length=200)
    days = forms.IntegerField(
        label=_("For how many days"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=_("Empty: for good."),
    )


@administrators
@patient
def lists(request: HttpRequest) -> HttpResponse:
    """Show them."""
    rows = _within(reach(request, Noun.FILTER))
    if text := query_of(request).strip():
        rows = rows.filter(Q(pattern__icontains=text.lower()) | Q(reason__icontains=text))
    match request.GET.get("effect"):
        case Effect.ALLOW.value | Effect.BLOCK.value as effect:
            rows = rows.filter(effect=effect)
    page = page_of(request, rows.select_related(*PLACES), NEWEST)
    context = {
        "section": SECTION,
        "tab": "lists",
        "page": page,
        "rows": [_told(request, row) for row in page.items],
        "now": timezone.now(),
    }
    return render(request, "console/filter/lists.html", context)


def _within(within: Reach) -> QuerySet[SenderEntry]:
    """Return the entries of levels within reach; those people keep for their own mailbox are theirs."""
    rows = SenderEntry.objects.filter(mailbox=None)
    if within.is_everything:
        return rows
    return rows.filter(
        Q(organisation_id__in=within.organisation_ids)
        | Q(domain_id__in=within.domain_ids)
        | Q(domain__organisation_id__in=within.organisation_ids)
        | Q(group__organisation_id__in=within.organisation_ids)
    )


def _told(request: HttpRequest, row: SenderEntry) -> dict[str, Any]:
    scope = Scope(row.organisation or row.domain or row.group)
    return {
        "row": row,
        "word": LEVELS[scope.level],
        "name": name_of(scope),
        "level": scope.level,
        "number": number_of(scope),
        "may_delete": allowed(request, Verb.DELETE, scope.target()),
    }


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make an entry."""
    reach(request, Noun.FILTER, Verb.CREATE)
    form = SenderForm(posted(request))

    def run(data: dict[str, Any]) -> Done:
        days = data["days"]
        entry = senders.add_entry(
            scope=_place(request, data["place"].strip()),
            effect=Effect(data["effect"]),
            subject=Subject(data["subject"]),
            pattern=data["pattern"],
            reason=data["reason"],
            expires_at=timezone.now() + dt.timedelta(days=days) if days else None,
            actor=actor(request),
        )
        return _("%(name)s is on the list.") % {"name": entry.pattern}, reverse("console:filter-lists")

    return ask(
        request,
        form,
        title=_("Add to a list"),
        section=SECTION,
        button=_("Add"),
        back=reverse("console:filter-lists"),
        run=run,
        explain=[_("An entry decides, whatever else is found: nobody pretends to be who is always wanted.")],
    )


def _place(request: HttpRequest, name: str) -> Scope:
    """Return the level that a form names, if the reader has a say there."""
    scope = SITE
    if name:
        place = (
            Domain.objects.select_related("organisation").filter(name=name.lower()).first()
            or Organisation.objects.filter(name__iexact=name).first()
        )
        if place is None or not allowed(request, Verb.CREATE, Scope(place).target()):
            raise NotFoundError(f"{name} is not a place where you may do this")
        scope = Scope(place)
    elif not allowed(request, Verb.CREATE, SITE.target()):
        raise NotFoundError("say for which domain or organisation: everybody's list is not yours to change")
    return scope


@administrators
def remove(request: HttpRequest, level: str, place_id: int, entry_id: int) -> HttpResponse:
    """Take an entry off its list."""
    scope = scope_of(request, level, place_id, Verb.DELETE)
    entry = SenderEntry.objects.filter(**scope.columns, id=entry_id).first()
    if entry is None:
        raise Http404

    def run(_data: dict[str, Any]) -> Done:
        senders.remove_entry(scope=scope, entry_id=entry_id, actor=actor(request))
        return _("%(name)s is off the list.") % {"name": entry.pattern}, reverse("console:filter-lists")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Take %(name)s off the list?") % {"name": entry.pattern},
        section=SECTION,
        button=_("Take off"),
        back=reverse("console:filter-lists"),
        run=run,
        is_danger=True,
    )
