"""Tags for every template: icons, assets, states."""

import functools
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext
from lucide.templatetags.lucide import lucide as draw

from apps.pages import assets

register = template.Library()

# The shape says the same as the colour, for those who do not see it.
STATES = {
    "ok": "check",
    "warn": "triangle-alert",
    "err": "circle-x",
    "held": "circle-pause",
    "busy": "loader-circle",
    "off": "circle-slash",
}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Return a Lucide icon; with a label it is read aloud, without one it is ornament."""
    if not label:
        return _ornament(name, css)
    kind = f"icon {css}".strip()
    return mark_safe(draw(name, size=None, role="img", aria_label=label, **{"class": kind}))  # noqa: S308  # lucide escapes


@functools.cache
def _ornament(name: str, css: str) -> SafeString:
    """Draw an icon once: a page has hundreds, of a few dozen kinds that templates name."""
    return mark_safe(draw(name, size=None, aria_hidden="true", **{"class": f"icon {css}".strip()}))  # noqa: S308  # ours


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a built script or style."""
    return assets.url(name)


@register.filter
def ago(moment: datetime | None) -> str:
    """Say how long ago something was, in one unit; what was just now is no 0 minutes ago."""
    if moment is None:
        return ""
    if timezone.now() - moment < timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(time)s ago") % {"time": timesince(moment, depth=1)}


@register.filter
def number(value: int | None) -> str:
    """Write a number as the reader's language groups its digits."""
    return number_format(value or 0, use_l10n=True, force_grouping=True)


@register.simple_tag
def has_asset(name: str) -> bool:
    """Tell whether a built asset exists."""
    return assets.has(name)


@register.inclusion_tag("parts/status.html")
def status(kind: str, text: str) -> dict[str, str]:
    """A word about a state: ok, warn, err, held, busy or off, and what to say."""
    look = {"held": "warn", "busy": "", "off": ""}.get(kind, kind)
    return {"look": look, "icon": STATES[kind], "text": text}
