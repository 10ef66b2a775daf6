"""What the filter learned, of whom, by which model; and whose mail people mark as junk most."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Verb
from apps.accounts.queries import organisations_in
from apps.console.access import actor, administrators, allowed, demand, patient, reach
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm
from apps.organisations.models import Organisation
from apps.spam.marks import queries, versions
from apps.spam.reputation.standing import top_spammers
from apps.spam.scopes import SITE, Scope

SECTION = "filter"
SHOWN = 50
CHOICES = 200


@administrators
@patient
def learning(request: HttpRequest) -> HttpResponse:
    """Show an organisation's mailboxes by what they taught, its worst senders, and the models there are."""
    within = reach(request, Noun.FILTER)
    organisations = list(organisations_in(within).order_by("name")[:CHOICES])
    wanted = request.GET.get("organisation", "")
    found = next((one for one in organisations if str(one.id) == wanted), None) or next(
        iter(organisations), None
    )
    is_sites = allowed(request, Verb.VIEW, SITE.target())
    context: dict[str, Any] = {
        "section": SECTION,
        "tab": "learning",
        "organisations": organisations,
        "found": found,
        "models": queries.model_versions() if is_sites else [],
        "site": queries.level() if is_sites else None,
        "may_choose": allowed(request, Verb.CHANGE, SITE.target()),
    }
    if found is not None and _is_whole(request, found):
        context |= {
            "level": queries.level(found.id),
            "states": queries.busiest(found.id, count=SHOWN),
            "spammers": top_spammers(found.id, count=20),
        }
    return render(request, "console/filter/learning.html", context)


def _is_whole(request: HttpRequest, organisation: Organisation) -> bool:
    """Whether the reader is shown a whole organisation: what is learned is told of no part of it."""
    return allowed(request, Verb.VIEW, Scope(organisation).target())


@administrators
def use(request: HttpRequest, version: int) -> HttpResponse:
    """Let another version of the model speak."""
    demand(request, Verb.CHANGE, SITE.target())
    found = next((one for one in queries.model_versions() if one.number == version), None)
    if found is None:
        raise Http404
    name = found.note or found.digest or str(version)

    def run(_data: dict[str, Any]) -> Done:
        versions.roll_back(version=version, actor=actor(request))
        return _("%(name)s judges from now on.") % {"name": name}, reverse("console:filter-learning")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Use %(name)s?") % {"name": name},
        section=SECTION,
        button=_("Use"),
        back=reverse("console:filter-learning"),
        run=run,
        explain=[_("Workers take it up within seconds. What people taught for themselves stays.")],
    )
