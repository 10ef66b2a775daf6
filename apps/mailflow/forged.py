"""Fields of a message from outside that only we may write: programs that read them believe us."""

from apps.protocols.mailauth.results import without_ours
from apps.protocols.mailauth.results.reading import FIELD
from apps.protocols.mime.headers import without_fields

FILTERS = (b"x-spam", b"x-rspamd-", b"x-dspam-", b"x-bogosity")
"""How the names of fields begin by which filters tell programs what they found: ours, and what others write."""


def may_be_forged(header: bytes) -> bool:
    """Whether a header might hold such fields: most hold none, which is soon seen."""
    low = header.lower()
    return FIELD in low or any(name in low for name in FILTERS)


def without_forged(body: bytes, hostname: str) -> bytes:
    """Return a message without results of checks and of filters that claim to be ours."""
    return without_fields(without_ours(body, hostname), FILTERS)
