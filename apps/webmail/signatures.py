"""Signed addresses of pictures from elsewhere: for one message, for a while, and not open to guessers."""

import hmac

from django.utils.crypto import salted_hmac

DAY = 86400
KEPT_DAYS = 2


def expiry(now: float) -> int:
    """Return until when an address made now is good: the same all day, so that browsers can keep the picture."""
    return (int(now) // DAY + KEPT_DAYS) * DAY


def sign(mailbox_id: int, content_id: int, url: str, expires: int) -> str:
    """Return the signature of a picture's address."""
    said = f"{mailbox_id}:{content_id}:{expires}:{url}"
    return salted_hmac("webmail.image", said, algorithm="sha256").hexdigest()[:40]


def is_good(mailbox_id: int, content_id: int, url: str, expires: str, signature: str, *, now: float) -> bool:
    """Whether we signed this address for this message, and it has not expired."""
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12 or int(expires) <= now:
        return False
    expected = sign(mailbox_id, content_id, url, int(expires))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
