"""What the console's navigation shows: the sections, and what one must be shown something of to see them."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.permissions import Noun

from .access import where


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the navigation."""

    name: str
    url_name: str
    icon: str
    text: str | Promise
    noun: Noun | None = None
    """Who is shown nothing of this kind, is not shown the section; None: everybody is."""


@dataclass(frozen=True, slots=True)
class Group:
    """Sections under a heading."""

    text: str | Promise
    sections: tuple[Section, ...]


GROUPS = (
    Group("", (Section("overview", "console:overview", "layout-dashboard", _("Overview")),)),
    Group(
        _("Mail"),
        (
            Section("trace", "console:trace", "route", _("Message trace"), Noun.TRACE),
            Section("queue", "console:queue", "hourglass", _("Queue"), Noun.QUEUE),
            Section("filter", "console:filter", "list-filter", _("Filter"), Noun.FILTER),
            Section("senders", "console:senders", "radar", _("Who sends as us"), Noun.DOMAIN),
        ),
    ),
    Group(
        _("Directory"),
        (
            Section(
                "organisations", "console:organisations", "building-2", _("Organisations"), Noun.ORGANISATION
            ),
            Section("domains", "console:domains", "globe", _("Domains"), Noun.DOMAIN),
            Section("mailboxes", "console:mailboxes", "inbox", _("Mailboxes"), Noun.MAILBOX),
            Section("aliases", "console:aliases", "forward", _("Aliases"), Noun.ALIAS),
        ),
    ),
    Group(
        _("Access"),
        (
            Section("users", "console:users", "users", _("Users"), Noun.USER),
            Section("roles", "console:roles", "shield-check", _("Roles"), Noun.ROLE),
            Section("sessions", "console:sessions", "monitor-smartphone", _("Sessions"), Noun.SESSION),
            Section("audit", "console:audit", "scroll-text", _("Audit log"), Noun.AUDIT),
        ),
    ),
    Group(
        _("Platform"),
        (
            Section("system", "console:system", "server", _("System"), Noun.SYSTEM),
            Section("certificates", "console:certificates", "lock-keyhole", _("Certificates"), Noun.SYSTEM),
        ),
    ),
)


def shown_to(request: HttpRequest) -> list[Group]:
    """Return the groups with what this reader may see."""
    if not isinstance(request.user, User):
        return []
    groups = [
        Group(
            group.text, tuple(one for one in group.sections if one.noun is None or where(request, one.noun))
        )
        for group in GROUPS
    ]
    return [group for group in groups if group.sections]
