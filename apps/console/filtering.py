"""What the console's pages about the filter have in common: places, and words for what is done."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Verb
from apps.console.access import demand
from apps.domains.models import Domain
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.spam.models import FilterGroup
from apps.spam.scopes import SITE, Scope
from apps.spam.thresholds import Action, Level, Preset

ACTIONS: Mapping[Action, tuple[str, str | Promise]] = {
    Action.INBOX: ("ok", _("Inbox")),
    Action.TAG: ("busy", _("Tagged")),
    Action.JUNK: ("held", _("Junk")),
    Action.QUARANTINE: ("held", _("Quarantined")),
    Action.REFUSE: ("err", _("Refused")),
}
"""A look of `{% status %}`, and a word."""
LEVELS: Mapping[Level, str | Promise] = {
    Level.SITE: _("Everybody"),
    Level.ORGANISATION: _("Organisation"),
    Level.DOMAIN: _("Domain"),
    Level.GROUP: _("Group"),
    Level.USER: _("Mailbox"),
}
PRESETS: Mapping[Preset, str | Promise] = {
    Preset.RELAXED: _("relaxed"),
    Preset.NORMAL: _("normal"),
    Preset.STRICT: _("strict"),
}
_KINDS: Mapping[Level, QuerySet[Any]] = {
    Level.ORGANISATION: Organisation.objects.all(),
    Level.DOMAIN: Domain.objects.select_related("organisation"),
    Level.GROUP: FilterGroup.objects.select_related("organisation"),
    Level.USER: Mailbox.objects.select_related("domain__organisation", "owner"),
}


def scope_of(request: HttpRequest, level: str, place_id: int, verb: Verb = Verb.VIEW) -> Scope:
    """Return a place this may be done to; the site's number is 0."""
    if level not in set(Level):
        raise Http404
    if level == Level.SITE:
        scope = SITE
    else:
        place = _KINDS[Level(level)].filter(id=place_id).first()
        if place is None:
            raise Http404
        scope = Scope(place)
    demand(request, verb, scope.target())
    return scope


def name_of(scope: Scope) -> str | Promise:
    """Return what a place is called."""
    return LEVELS[Level.SITE] if scope.place is None else str(scope.place)


def number_of(scope: Scope) -> int:
    """Return a place's number in addresses."""
    return scope.place.pk if scope.place is not None else 0
