"""What a domain should publish in DNS and what it does; its keys that sign, and its rule for TLS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.accounts.permissions import Verb
from apps.accounts.queries import target_of_domain
from apps.console import lookup
from apps.console.access import actor, administrators
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.domains import dkim, looking, rotation, services
from apps.domains.models import DkimKey, Domain
from apps.domains.records import words
from apps.domains.records.values import Finding, Kind, Need, State
from apps.domains.resolver import Resolver
from apps.organisations.errors import DirectoryError

SECTION = "domains"
_LOOKS = {State.OK: "ok", State.WRONG: "err", State.UNKNOWN: "off"}


@dataclass(frozen=True, slots=True)
class Line:
    """One record as the page shows it."""

    id: str
    title: str | Promise
    why: str | Promise
    look: str
    word: str | Promise
    reason: str
    type: str
    name: str
    relative: str
    value: str
    found: tuple[str, ...]
    is_open: bool


class Group(NamedTuple):
    """Records of one need."""

    title: str | Promise
    lines: Sequence[Line]


@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def dns(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Show what was found last; asked by a form, look again."""
    found = lookup.domain(request, domain_id)
    if request.method == "POST":
        looking.look_again(found, now=timezone.now())
        return HttpResponseRedirect(_page(found))
    looked = looking.shown(found)
    keys = list(dkim.keys_of(found))
    context = {
        "section": SECTION,
        "found": found,
        "tab": "dns",
        "looked": looked,
        "groups": _groups(looked.findings, found.name),
        "faults": len(looked.faults),
        "unknown": sum(one.state == State.UNKNOWN for one in looked.findings),
        "keys": keys,
        "waits": any(key.state == DkimKey.State.PENDING for key in keys),
        "may": lookup.rights_on(request, target_of_domain(found), {"change": Verb.CHANGE}),
    }
    return render(request, "console/domains/dns.html", context)


def _groups(findings: Sequence[Finding], domain: str) -> list[Group]:
    lines: Mapping[Need, list[Line]] = {need: [] for need in Need}
    for number, finding in enumerate(findings):
        lines[finding.wanted.need].append(_line(number, finding, domain))
    return [Group(words.NEEDS[need], some) for need, some in lines.items() if some]


def _line(number: int, finding: Finding, domain: str) -> Line:
    record = finding.wanted
    missing = "err" if record.need == Need.MUST else "warn" if record.need == Need.SHOULD else "off"
    return Line(
        id=f"record-{number}",
        title=words.TITLES[record.kind],
        why=words.WHY[record.kind],
        look=_LOOKS.get(finding.state, missing),
        word=words.STATES[finding.state],
        reason=words.reason(finding),
        type=record.type,
        name=record.name,
        # An address's name is no name under the domain, though it may look like one.
        relative=record.name if record.kind == Kind.PTR else record.relative_to(domain),
        value=record.value,
        found=finding.found,
        is_open=finding.is_fault,
    )


class StsForm(PaperForm):
    """A rule for TLS."""

    mode = forms.ChoiceField(
        label=_("When this server cannot be reached by TLS, other servers shall"),
        choices=Domain.StsMode.choices,
        help_text=_(
            "The id in DNS changes with it. Only report first, and deliver by TLS alone when reports show no failure."
        ),
    )


@administrators
def mta_sts(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Change the rule for TLS."""
    found = lookup.domain(request, domain_id, Verb.CHANGE)

    def run(data: dict[str, Any]) -> Done:
        services.set_sts_mode(domain=found, mode=data["mode"], actor=actor(request))
        return _("The rule was changed. Publish its new id now."), _page(found)

    return ask(
        request,
        StsForm(posted(request), initial={"mode": found.sts_mode}),
        title=_("TLS for mail to %(name)s (MTA-STS)") % {"name": found.name},
        section=SECTION,
        button=_("Save"),
        back=_page(found),
        run=run,
    )


@administrators
def rotate(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Make the next keys."""
    found = lookup.domain(request, domain_id, Verb.CHANGE)

    def run(_data: dict[str, Any]) -> Done:
        made = dkim.rotate(domain=found, actor=actor(request))
        if not made:
            raise DirectoryError("the next keys are there already, and wait until they are seen in DNS")
        return _("The next keys are made. They sign once their records are seen in DNS."), _page(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Make new keys for %(name)s?") % {"name": found.name},
        explain=[
            _("The keys in use go on signing until the new ones have been seen in DNS for a day."),
            _("Unless its selectors point to this server, you have to publish two records for them."),
        ],
        section=SECTION,
        button=_("Make keys"),
        back=_page(found),
        run=run,
    )


@administrators
def key(request: HttpRequest, domain_id: int, key_id: int, step: str) -> HttpResponse:
    """Let a key sign, or sign no more, or forget it."""
    found = lookup.domain(request, domain_id, Verb.CHANGE)
    one = dkim.keys_of(found).filter(id=key_id).first()
    if one is None or step not in {"activate", "retire", "remove"}:
        raise Http404
    title, button, explain = {
        "activate": (
            _("Let %(selector)s sign now?"),
            _("Sign with it"),
            _("Only if it is seen in DNS. The key before it is retired and stays published for 14 days."),
        ),
        "retire": (
            _("Let %(selector)s sign no more?"),
            _("Retire"),
            _("Leave its record in DNS for 14 days: mail that it signed is still under way."),
        ),
        "remove": (_("Remove %(selector)s?"), _("Remove"), _("What it signed cannot be checked any more.")),
    }[step]

    def run(_data: dict[str, Any]) -> Done:
        match step:
            case "activate":
                if not rotation.look(one, resolver=Resolver(), now=timezone.now()):
                    raise DirectoryError("this key is not seen in DNS yet; publish its record first")
                dkim.activate(domain=found, selector=one.selector, actor=actor(request))
                said = _("%(selector)s signs now.")
            case "retire":
                dkim.retire(domain=found, selector=one.selector, actor=actor(request))
                said = _("%(selector)s signs no more.")
            case _:
                dkim.remove(domain=found, selector=one.selector, actor=actor(request))
                said = _("%(selector)s was removed.")
        return said % {"selector": one.selector}, _page(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=title % {"selector": one.selector},
        explain=[explain],
        section=SECTION,
        button=button,
        back=_page(found),
        run=run,
        is_danger=step != "activate",
    )


def _page(domain: Domain) -> str:
    return reverse("console:domain-dns", args=[domain.id])
