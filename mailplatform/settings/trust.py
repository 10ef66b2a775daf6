"""Settings of what makes our mail believed: keys that sign it, and what domains publish."""

from . import registry

MAIL_DKIM_ZONE = registry.host_name(
    "MAIL_DKIM_ZONE",
    "",
    "A zone of yours, dkim.mail.example.org say, where domains may point their DKIM selectors once and for all; "
    "see docs/operator.md. Empty: domains publish their keys themselves.",
)
MAIL_DKIM_DAYS = registry.integer(
    "MAIL_DKIM_DAYS",
    90,
    "Days a key signs before the next one is made, for domains that point their selectors to MAIL_DKIM_ZONE; 0 never.",
    most=3650,
)
