"""The doors a user may come in by."""

import enum


class Door(enum.StrEnum):
    """Where a sign-in happens."""

    SMTP = "smtp"
    IMAP = "imap"
    WEBMAIL = "webmail"
    CONSOLE = "console"
    API = "api"


MAIL_DOORS = frozenset({Door.SMTP, Door.IMAP})
"""The doors of mail programs, which app passwords are made for."""

BROWSER_DOORS = frozenset({Door.WEBMAIL, Door.CONSOLE})
"""The doors of people, who are asked for a second factor."""
