"""What a mail program on a phone or computer asks for."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class Programs:
    """Names and ports, and the name to sign in by."""

    address: str
    host: str
    imap: int
    imap_starttls: int
    smtp: int
    smtp_starttls: int


def programs_of(request: HttpRequest) -> Programs:
    """Return what the signed-in user types into a mail program."""
    assert isinstance(request.user, User)
    return Programs(
        address=request.user.address,
        host=settings.MAIL_HOSTNAME,
        imap=settings.MAIL_IMAPS_PORT,
        imap_starttls=settings.MAIL_IMAP_PORT,
        smtp=settings.MAIL_SUBMISSIONS_PORT,
        smtp_starttls=settings.MAIL_SUBMISSION_PORT,
    )
