"""Domains: listed, added, limited, switched off and deleted; with their mailboxes and aliases beside them."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Verb
from apps.accounts.queries import domains_in, find_domains, organisations_in, target_of_domain
from apps.console import lookup
from apps.console.access import actor, administrators, reach, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm, SizeField, TypedConfirmForm
from apps.console.paging import Order, page_of
from apps.domains import services
from apps.domains.models import Domain
from apps.mailboxes.queries import aliases_in, mailboxes_in, usage_of_domains
from apps.organisations.errors import NotFoundError

from . import aliases, mailboxes
from .organisations import QuotaForm

SECTION = "domains"
ORDERS = {"name": Order(("name",)), "newest": Order(("id",), is_descending=True)}


class DomainForm(PaperForm):
    """A new domain."""

    name = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("Like example.org. Letters beyond ASCII are welcome."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    organisation = forms.ChoiceField(label=_("Organisation"))
    quota = SizeField(label=_("Room for all its mail"))


@administrators
def domains(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = find_domains(domains_in(reach(request, Noun.DOMAIN)), lookup.query_of(request))
    match request.GET.get("state"):
        case "on":
            rows = rows.filter(is_active=True)
        case "off":
            rows = rows.filter(is_active=False)
    sort = request.GET.get("sort", "name")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["name"]))
    sums = usage_of_domains([row.id for row in page.items])
    context = {
        "section": SECTION,
        "page": page,
        "lines": [(row, sums.get(row.id)) for row in page.items],
        "sort": sort,
        "may_add": bool(where(request, Noun.DOMAIN, Verb.CREATE)),
    }
    return render(request, "console/domains/list.html", context)


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Serve one more."""
    reach(request, Noun.DOMAIN, Verb.CREATE)
    form = DomainForm(posted(request), initial={"organisation": request.GET.get("organisation")})
    field = form.fields["organisation"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = lookup.choices_of_organisations(request, Noun.DOMAIN)

    def run(data: dict[str, Any]) -> Done:
        place = (
            organisations_in(where(request, Noun.DOMAIN, Verb.CREATE)).filter(id=data["organisation"]).first()
        )
        if place is None:
            raise NotFoundError("there is no such organisation")
        made = services.create_domain(
            organisation=place, name=data["name"], quota_bytes=data["quota"] or None, actor=actor(request)
        )
        return (
            _("%(name)s is served now. Publish these records, so that mail comes here.")
            % {"name": made.name},
            reverse("console:domain-dns", args=[made.id]),
        )

    return ask(
        request,
        form,
        title=_("Add a domain"),
        section=SECTION,
        button=_("Add"),
        back=reverse("console:domains"),
        run=run,
    )


@administrators
def domain(request: HttpRequest, domain_id: int, tab: str = "overview") -> HttpResponse:
    """Show one, a tab at a time."""
    found = lookup.domain(request, domain_id)
    usage = usage_of_domains([found.id]).get(found.id)
    return render(request, "console/domains/page.html", _shown(request, found, tab) | {"usage": usage})


@administrators
def mailboxes_of(request: HttpRequest, domain_id: int) -> HttpResponse:
    """List its mailboxes."""
    found = lookup.domain(request, domain_id)
    rows = mailboxes_in(reach(request, Noun.MAILBOX)).filter(domain=found)
    context = _shown(request, found, "mailboxes") | mailboxes.listed(request, rows)
    return render(request, "console/domains/mailboxes.html", context)


@administrators
def aliases_of(request: HttpRequest, domain_id: int) -> HttpResponse:
    """List its aliases."""
    found = lookup.domain(request, domain_id)
    rows = aliases_in(reach(request, Noun.ALIAS)).filter(domain=found)
    context = _shown(request, found, "aliases") | aliases.listed(request, rows)
    return render(request, "console/domains/aliases.html", context)


def _shown(request: HttpRequest, found: Domain, tab: str) -> dict[str, Any]:
    rights = {"limit": Verb.LIMIT, "disable": Verb.DISABLE, "delete": Verb.DELETE}
    return {
        "section": SECTION,
        "found": found,
        "tab": tab,
        "may": lookup.rights_on(request, target_of_domain(found), rights),
    }


@administrators
def quota(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Limit it."""
    found = lookup.domain(request, domain_id, Verb.LIMIT)
    form = QuotaForm(posted(request), initial={"quota": found.quota_bytes or 0})

    def run(data: dict[str, Any]) -> Done:
        services.set_quota(domain=found, quota_bytes=data["quota"] or None, actor=actor(request))
        return _("The limit was changed."), reverse("console:domain-defaults", args=[found.id])

    title = _("Limit of %(name)s") % {"name": found.name}
    back = reverse("console:domain-defaults", args=[found.id])
    return ask(request, form, title=title, section=SECTION, button=_("Save"), back=back, run=run)


@administrators
def switch(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Switch it off, or on again."""
    found = lookup.domain(request, domain_id, Verb.DISABLE)

    def run(_data: dict[str, Any]) -> Done:
        if found.is_active:
            services.disable_domain(domain=found, actor=actor(request))
            return _("%(name)s is switched off.") % {"name": found.name}, _page(found)
        services.enable_domain(domain=found, actor=actor(request))
        return _("%(name)s is served again.") % {"name": found.name}, _page(found)

    off = found.is_active
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=(_("Switch off %(name)s?") if off else _("Switch on %(name)s?")) % {"name": found.name},
        explain=[_("Mail for it is refused and its users are kept out, from now on. Nothing is deleted.")]
        if off
        else [],
        section=SECTION,
        button=_("Switch off") if off else _("Switch on"),
        back=_page(found),
        run=run,
        is_danger=off,
    )


@administrators
def delete(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Delete it, once it is empty."""
    found = lookup.domain(request, domain_id, Verb.DELETE)

    def run(_data: dict[str, Any]) -> Done:
        services.delete_domain(domain=found, actor=actor(request))
        return _("%(name)s was deleted.") % {"name": found.name}, reverse("console:domains")

    return ask(
        request,
        TypedConfirmForm(posted(request), name=found.name),
        title=_("Delete %(name)s?") % {"name": found.name},
        explain=[
            _(
                "Mail for it is refused from then on. This is possible once it has no users, mailboxes or aliases."
            ),
            _("It cannot be undone."),
        ],
        section=SECTION,
        button=_("Delete domain"),
        back=reverse("console:domain-danger", args=[found.id]),
        run=run,
        is_danger=True,
    )


def _page(domain: Domain) -> str:
    return reverse("console:domain", args=[domain.id])
