"""Tenants: listed, made, limited, switched off and deleted."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.permissions import Noun, Target, Verb
from apps.accounts.queries import (
    domains_in,
    find_organisations,
    organisations_in,
    target_of_organisation,
)
from apps.console import lookup
from apps.console.access import actor, administrators, allowed, demand, reach, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm, SizeField, TypedConfirmForm
from apps.console.paging import Order, page_of
from apps.mailboxes.queries import usage_of_organisations
from apps.mailflow.forwarders import forwarders_of, set_forwarders
from apps.organisations import services
from apps.reports.queries import sends_reports
from apps.reports.services import set_sending

SECTION = "organisations"
ORDERS = {"name": Order(("name", "id")), "newest": Order(("id",), is_descending=True)}


class OrganisationForm(PaperForm):
    """A new tenant."""

    name = forms.CharField(label=_("Name"), max_length=200)
    quota = SizeField(label=_("Room for all its mail"))


class QuotaForm(PaperForm):
    """How much all mail of a place may take."""

    quota = SizeField(label=_("Room for all its mail"))


class ForwardersForm(PaperForm):
    """Whom an organisation believes."""

    forwarders = forms.CharField(
        label=_("Forwarders"),
        required=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        max_length=100_000,
        help_text=_("One domain or network a line, like lists.example.org or 192.0.2.0/24."),
    )


@administrators
def organisations(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = find_organisations(organisations_in(reach(request, Noun.ORGANISATION)), lookup.query_of(request))
    sort = request.GET.get("sort", "name")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["name"]))
    sums = usage_of_organisations([row.id for row in page.items])
    context = {
        "section": SECTION,
        "page": page,
        "lines": [(row, sums.get(row.id)) for row in page.items],
        "sort": sort,
        "may_add": allowed(request, Verb.CREATE, Target(Noun.ORGANISATION)),
    }
    return render(request, "console/organisations/list.html", context)


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make one."""
    reach(request, Noun.ORGANISATION, Verb.CREATE)
    form = OrganisationForm(posted(request))

    def run(data: dict[str, Any]) -> Done:
        made = services.create_organisation(
            name=data["name"], quota_bytes=data["quota"] or None, actor=actor(request)
        )
        return _("%(name)s was added.") % {"name": made.name}, _page(made.id)

    return ask(
        request,
        form,
        title=_("Add an organisation"),
        section=SECTION,
        button=_("Add"),
        back=reverse("console:organisations"),
        run=run,
    )


@administrators
def organisation(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Show one: what it holds, its domains, and what may be done."""
    found = lookup.organisation(request, organisation_id)
    target = target_of_organisation(found)
    context = {
        "section": SECTION,
        "found": found,
        "usage": usage_of_organisations([found.id]).get(found.id),
        "domains": domains_in(where(request, Noun.DOMAIN)).filter(organisation=found).order_by("name")[:10],
        "sends_reports": sends_reports(found.id),
        "forwarders": forwarders_of(found.id),
        "may": lookup.rights_on(
            request,
            target,
            {"change": Verb.CHANGE, "limit": Verb.LIMIT, "disable": Verb.DISABLE, "delete": Verb.DELETE},
        ),
    }
    return render(request, "console/organisations/page.html", context)


@administrators
def quota(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Limit it."""
    found = lookup.organisation(request, organisation_id, Verb.LIMIT)
    form = QuotaForm(posted(request), initial={"quota": found.quota_bytes or 0})

    def run(data: dict[str, Any]) -> Done:
        services.set_quota(organisation=found, quota_bytes=data["quota"] or None, actor=actor(request))
        return _("The limit was changed."), _page(found.id)

    title = _("Limit of %(name)s") % {"name": found.name}
    return ask(request, form, title=title, section=SECTION, button=_("Save"), back=_page(found.id), run=run)


@administrators
def reports(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Tell others what came in their name, or no more."""
    found = lookup.organisation(request, organisation_id, Verb.CHANGE)
    on = sends_reports(found.id)

    def run(_data: dict[str, Any]) -> Done:
        set_sending(organisation=found, on=not on, actor=actor(request))
        words = _("No more reports are sent.") if on else _("Reports are sent from tomorrow on.")
        return words, _page(found.id)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Stop sending reports?") if on else _("Send reports?"),
        explain=[
            _("Others are not told any more what came in their name.")
            if on
            else _(
                "Once a day, whoever asks for it in DNS is told from which servers mail came in their name, and how TLS "
                "with their servers went. Addresses of people are not told."
            )
        ],
        section=SECTION,
        button=_("Stop") if on else _("Send reports"),
        back=_page(found.id),
        run=run,
    )


@administrators
def forwarders(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Say whom it believes though DMARC fails."""
    found = lookup.organisation(request, organisation_id, Verb.CHANGE)
    form = ForwardersForm(posted(request), initial={"forwarders": "\n".join(forwarders_of(found.id))})

    def run(data: dict[str, Any]) -> Done:
        kept = set_forwarders(
            organisation=found, words=data["forwarders"].replace(",", "\n").splitlines(), actor=actor(request)
        )
        words = ngettext(
            "%(count)d forwarder is believed.", "%(count)d forwarders are believed.", len(kept)
        ) % {"count": len(kept)}
        return words, _page(found.id)

    return ask(
        request,
        form,
        title=_("Forwarders that are believed"),
        explain=[
            _(
                "Mailing lists and forwarding change who sends, so DMARC fails for honest mail, too. What these pass on "
                "is taken all the same: a domain counts where its server’s name, SPF, a signature or a seal proves it."  # noqa: RUF001
            )
        ],
        section=SECTION,
        button=_("Save"),
        back=_page(found.id),
        run=run,
    )


@administrators
def switch(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Switch it off, or on again."""
    found = lookup.organisation(request, organisation_id, Verb.DISABLE)

    def run(_data: dict[str, Any]) -> Done:
        if found.is_active:
            services.disable_organisation(organisation=found, actor=actor(request))
            return _("%(name)s is switched off.") % {"name": found.name}, _page(found.id)
        services.enable_organisation(organisation=found, actor=actor(request))
        return _("%(name)s works again.") % {"name": found.name}, _page(found.id)

    off = found.is_active
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=(_("Switch off %(name)s?") if off else _("Switch on %(name)s?")) % {"name": found.name},
        explain=[_("Its users are kept out, and mail for its mailboxes is refused. Nothing is deleted.")]
        if off
        else [],
        section=SECTION,
        button=_("Switch off") if off else _("Switch on"),
        back=_page(found.id),
        run=run,
        is_danger=off,
    )


@administrators
def delete(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Delete it, once it is empty."""
    found = lookup.organisation(request, organisation_id, Verb.DELETE)
    demand(request, Verb.DELETE, target_of_organisation(found))

    def run(_data: dict[str, Any]) -> Done:
        services.delete_organisation(organisation=found, actor=actor(request))
        return _("%(name)s was deleted.") % {"name": found.name}, reverse("console:organisations")

    return ask(
        request,
        TypedConfirmForm(posted(request), name=found.name),
        title=_("Delete %(name)s?") % {"name": found.name},
        explain=[_("This is possible once it has no domains and no users. It cannot be undone.")],
        section=SECTION,
        button=_("Delete"),
        back=_page(found.id),
        run=run,
        is_danger=True,
    )


def _page(organisation_id: int) -> str:
    return reverse("console:organisation", args=[organisation_id])
