"""What people call roles, rights, and what may be done to what."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Role
from apps.accounts.permissions import Noun, Verb

ROLES = {
    Role.Kind.SUPERADMIN: _("Superadmin"),
    Role.Kind.ORGANISATION_ADMIN: _("Organisation admin"),
    Role.Kind.DOMAIN_ADMIN: _("Domain admin"),
    Role.Kind.SUPPORT: _("Support"),
    Role.Kind.AUDITOR: _("Auditor"),
}
NOUNS = {
    Noun.SYSTEM: _("System"),
    Noun.ORGANISATION: _("Organisations"),
    Noun.DOMAIN: _("Domains"),
    Noun.USER: _("Users"),
    Noun.ROLE: _("Roles"),
    Noun.CREDENTIAL: _("Passwords"),
    Noun.SESSION: _("Sessions"),
    Noun.MAILBOX: _("Mailboxes"),
    Noun.ALIAS: _("Aliases"),
    Noun.QUEUE: _("Queue"),
    Noun.TRACE: _("Trace"),
    Noun.AUDIT: _("Audit trail"),
    Noun.FILTER: _("Spam filter"),
}
VERBS = {
    Verb.VIEW: _("see"),
    Verb.CREATE: _("add"),
    Verb.CHANGE: _("change"),
    Verb.LIMIT: _("limit"),
    Verb.DISABLE: _("switch"),
    Verb.DELETE: _("delete"),
}


RIGHTS = {
    "read": _("reads"),
    "write": _("changes"),
    "send": _("writes in its name"),
    "manage": _("shares"),
}
QUEUE_ACTIONS = {
    "retry": _("Retry now"),
    "hold": _("Hold"),
    "release": _("Release"),
    "bounce": _("Bounce"),
    "cancel": _("Drop"),
}
