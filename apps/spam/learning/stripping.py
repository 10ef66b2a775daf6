"""What tells a label or a collector rather than anything about a message is taken out before judging and learning.

A filter that learns "Precedence: list" or "X-Spam-Flag" from one collection of mail is right there and wrong everywhere
else, and one that believes a stranger's X-Spam-Status is told what to say. Learners see a handful of fields only
(`material`); rules and headers in general see a message without those named here.
"""

import re

from apps.protocols.mime import headers

_NAMES = frozenset(
    b"received return-path delivered-to x-original-to envelope-to x-envelope-to x-apparently-to delivery-date"
    b" authentication-results received-spf arc-authentication-results arc-seal arc-message-signature"
    b" in-reply-to references thread-index thread-topic mail-followup-to"
    b" precedence sender errors-to mailing-list archived-at x-beenthere x-mailing-list x-loop x-original-date x-mailfrom"
    b" message-id-hash x-message-id-hash x-egroups-return x-headers-end"
    b" status x-status x-uid x-uidl x-keywords x-bogosity x-greylist x-sid-pra x-sid-result x-sender-ip x-message-info"
    b" x-message-delivery x-incomingheadercount x-incomingtopheadermarker x-authentication-warning"
    b" x-eopattributedmessage x-eoptenantattributedmessage x-virus-scanned x-mailscanner".split()
)
_STARTS = (
    b"x-spam", b"x-ms-", b"x-microsoft-antispam", b"x-forefront", b"list-", b"x-list-", b"x-mailman", b"x-mailscanner",
    b"x-mozilla", b"x-gmane", b"x-yahoo",
)  # fmt: skip

_SPAM_TAG = re.compile(
    r"\*{2,}\s*spam\s*\*{2,}|\[\s*(?:spam|bulk|junk|suspect(?:ed)?)[^\]]{0,20}\]", re.IGNORECASE
)
_LIST_TAG = re.compile(r"^((?:(?:re|fwd?|aw|wg|sv|tr|rv)\s*:\s*)*)\[[^\]\n]{1,40}\]\s*", re.IGNORECASE)
_YEARS = re.compile(r"\b(?:19|20)\d\d\b")


def leaks(name: bytes) -> bool:
    """Whether a field of this name, in small letters, says how mail was collected or what another filter thought."""
    return name in _NAMES or name.startswith(_STARTS)


def subject(text: str) -> str:
    """Return a decoded subject without the tags of lists and filters."""
    text = _SPAM_TAG.sub("", text).strip()
    for _ in range(3):
        shorter = _LIST_TAG.sub(r"\1", text)
        if shorter == text:
            break
        text = shorter
    return text.strip()


def stripped(raw: bytes) -> bytes:
    """Return a message without the fields that leak; its body is untouched."""
    end = headers.header_end(raw)
    kept = [name for name, _ in headers.fields(raw[:end]) if leaks(name.lower())]
    if not kept:
        return raw
    return headers.subset(raw[:end], kept, invert=True) + raw[end:]
