"""Aliases: addresses that only point; listed, made, pointed elsewhere, switched off and deleted."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Verb
from apps.console import lookup
from apps.console.access import actor, administrators, reach, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.console.paging import Order, page_of
from apps.mailboxes import services
from apps.mailboxes.models import Alias
from apps.mailboxes.queries import aliases_in, find_aliases, target_of_alias

SECTION = "aliases"
ORDERS = {"address": Order(("local_part", "id")), "newest": Order(("id",), is_descending=True)}
LIST = "console:aliases"


class TargetsForm(PaperForm):
    """Where an alias points."""

    targets = forms.CharField(
        label=_("Points to"),
        widget=forms.Textarea({"rows": 5, "spellcheck": "false"}),
        max_length=400_000,
        help_text=_("One address a line, ours or not."),
    )

    def clean_targets(self) -> list[str]:
        """Split."""
        text: str = self.cleaned_data["targets"]
        return [line for line in (part.strip() for part in text.replace(",", "\n").splitlines()) if line]


class AliasForm(TargetsForm):
    """A new alias."""

    address = forms.CharField(
        label=_("Address"),
        max_length=320,
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["address", "targets"]


@administrators
def aliases(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = aliases_in(reach(request, Noun.ALIAS))
    return render(request, "console/aliases/list.html", {"section": SECTION, **listed(request, rows)})


def listed(request: HttpRequest, rows: QuerySet[Alias]) -> dict[str, Any]:
    """Return what a list of aliases shows: those that were searched for, filtered, sorted, one page of them."""
    rows = find_aliases(rows, lookup.query_of(request))
    match request.GET.get("state"):
        case "on":
            rows = rows.filter(is_active=True)
        case "off":
            rows = rows.filter(is_active=False)
    sort = request.GET.get("sort", "address")
    return {
        "page": page_of(request, rows, ORDERS.get(sort, ORDERS["address"])),
        "sort": sort,
        "may_add": bool(where(request, Noun.ALIAS, Verb.CREATE)),
    }


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make one."""
    reach(request, Noun.ALIAS, Verb.CREATE)
    form = AliasForm(posted(request))

    def run(data: dict[str, Any]) -> Done:
        lookup.place_of(request, data["address"], Noun.ALIAS)
        made = services.create_alias(address=data["address"], targets=data["targets"], actor=actor(request))
        return _("%(address)s was added.") % {"address": made}, reverse("console:alias", args=[made.id])

    return ask(
        request, form, title=_("Add an alias"), section=SECTION, button=_("Add"), back=reverse(LIST), run=run
    )


@administrators
def alias(request: HttpRequest, alias_id: int) -> HttpResponse:
    """Show one."""
    found = lookup.alias(request, alias_id)
    rights = {"change": Verb.CHANGE, "disable": Verb.DISABLE, "delete": Verb.DELETE}
    context = {
        "section": SECTION,
        "found": found,
        "may": lookup.rights_on(request, target_of_alias(found), rights),
    }
    return render(request, "console/aliases/page.html", context)


@administrators
def targets(request: HttpRequest, alias_id: int) -> HttpResponse:
    """Point it elsewhere."""
    found = lookup.alias(request, alias_id, Verb.CHANGE)
    form = TargetsForm(posted(request), initial={"targets": "\n".join(found.targets)})
    back = reverse("console:alias", args=[found.id])

    def run(data: dict[str, Any]) -> Done:
        services.change_alias(alias=found, targets=data["targets"], actor=actor(request))
        return _("%(address)s points elsewhere now.") % {"address": found}, back

    title = _("Where %(address)s points") % {"address": found}
    return ask(request, form, title=title, section=SECTION, button=_("Save"), back=back, run=run)


@administrators
def switch(request: HttpRequest, alias_id: int) -> HttpResponse:
    """Switch it off, or on again."""
    found = lookup.alias(request, alias_id, Verb.DISABLE)
    off, back = found.is_active, reverse("console:alias", args=[alias_id])

    def run(_data: dict[str, Any]) -> Done:
        if off:
            services.disable_alias(alias=found, actor=actor(request))
            return _("%(address)s is switched off.") % {"address": found}, back
        services.enable_alias(alias=found, actor=actor(request))
        return _("%(address)s works again.") % {"address": found}, back

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=(_("Switch off %(address)s?") if off else _("Switch on %(address)s?")) % {"address": found},
        explain=[_("Mail for it is refused from now on. Where it points is kept.")] if off else [],
        section=SECTION,
        button=_("Switch off") if off else _("Switch on"),
        back=back,
        run=run,
        is_danger=off,
    )


@administrators
def delete(request: HttpRequest, alias_id: int) -> HttpResponse:
    """Delete it."""
    found = lookup.alias(request, alias_id, Verb.DELETE)

    def run(_data: dict[str, Any]) -> Done:
        address = str(found)
        services.delete_alias(alias=found, actor=actor(request))
        return _("%(address)s was deleted.") % {"address": address}, reverse(LIST)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Delete %(address)s?") % {"address": found},
        explain=[_("Mail for it is refused from now on. No mail is deleted. The address is free again.")],
        section=SECTION,
        button=_("Delete"),
        back=reverse("console:alias", args=[alias_id]),
        run=run,
        is_danger=True,
    )
