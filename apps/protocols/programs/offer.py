"""What a mail program needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A server and its ports; the name to sign in by is always the address."""

    host: str
    imaps: int
    imap: int
    """With STARTTLS."""
    submissions: int
    submission: int
    """With STARTTLS."""
