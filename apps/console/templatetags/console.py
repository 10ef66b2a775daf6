"""Tags of the console's pages: navigation, links of a list, sizes and bars."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.accounts.permissions import Verb
from apps.console import navigation, words_of_mail
from apps.console.access import allowed
from apps.console.filtering import ACTIONS, PRESETS
from apps.console.tracing import Step
from apps.console.words import QUEUE_ACTIONS, RIGHTS, ROLES
from apps.organisations.sizes import show_size
from apps.pages.templatetags import ui
from apps.spam.scopes import Place, Scope
from apps.spam.thresholds import Action, Preset

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation_groups(context: Mapping[str, Any]) -> list[navigation.Group]:
    """Return what the navigation shows to whoever reads the page."""
    request = context.get("request")
    return navigation.shown_to(request) if isinstance(request, HttpRequest) else []


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changed: str) -> str:
    """Return the page's query with something changed, and from its first page; empty takes a word out."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def size(number: int | None) -> str:
    """Write a number of bytes for people; nothing or 0 is no limit."""
    return show_size(number)


@register.inclusion_tag("parts/meter.html")
def meter(used: int | None, limit: int | None) -> dict[str, Any]:
    """Draw how full something is."""
    used = used or 0
    share = min(used / limit, 1) if limit else 0
    look = "err" if share >= 0.95 else "warn" if share >= 0.8 else "ok"
    return {
        "used": used,
        "limit": limit,
        "width": round(share * 100, 1),
        "percent": int(share * 100),
        "look": look,
    }


@register.inclusion_tag("console/_at.html")
def at(moment: datetime | None, precision: str = "minutes") -> dict[str, Any]:
    """Write a time, by the clock of whoever reads."""
    return {"moment": moment, "precision": precision}


@register.inclusion_tag("parts/status.html")
def stand(kind: str) -> dict[str, str]:
    """A word about where a message stands."""
    return ui.status(*words_of_mail.stand(kind))


@register.filter
def shape(step: Step) -> str:
    """Return the icon of a step."""
    return words_of_mail.ICONS.get(step.told.kind, ui.STATES[step.look])


@register.filter
def took(time: timedelta) -> str:
    """Write how long something took."""
    seconds = max(time.total_seconds(), 0)
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    if seconds < 3600:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": seconds // 60, "seconds": seconds % 60}
    return _("%(hours)d h %(minutes)d min") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}


@register.filter
def origin(name: str) -> str:
    """Write who brought a message."""
    return str(words_of_mail.ORIGINS.get(name, name))


@register.filter
def role_name(kind: str) -> str:
    """Write a role's name in the reader's language."""
    return str(ROLES[Role.Kind(kind)])


@register.filter
def right_name(right: str) -> str:
    """Write a member's right in the reader's language."""
    return str(RIGHTS.get(right, right))


@register.filter
def since(then: datetime, now: datetime | None = None) -> str:
    """Write how long ago something was, in its largest unit."""
    return timesince(then, now, depth=1)


@register.filter
def till(then: datetime, now: datetime | None = None) -> str:
    """Write how long it is until then, in its largest unit, a minute at least."""
    now = now or timezone.now()
    return timeuntil(max(then, now + timedelta(minutes=1)), now, depth=1)


@register.simple_tag
def queue_action(name: str) -> str:
    """Write what is done to queued mail in the reader's language."""
    return str(QUEUE_ACTIONS[name])


@register.inclusion_tag("parts/status.html")
def filtered(action: str) -> dict[str, str]:
    """What the filter did, as a look and a word."""
    look, word = ACTIONS[Action(action)]
    return ui.status(look, str(word))


@register.simple_tag
def preset(word: str) -> str:
    """Say how sensitive a filter is; nothing is wanted where there is no word."""
    return str(PRESETS[Preset(word)]) if word else "-"


@register.simple_tag(takes_context=True)
def may_filter(context: Mapping[str, Any], place: Place) -> bool:
    """Say whether the reader may draw the filter's lines there."""
    return allowed(context["request"], Verb.CHANGE, Scope(place).target())
