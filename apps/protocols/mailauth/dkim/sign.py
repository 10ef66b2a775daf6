"""Sign a message in the name of domains (RFC 6376 5, RFC 8463).

Relaxed in header and body, for what passes mail on refolds fields and trims lines. What would change how a message
reads is signed once more than it is there, so that nobody can add a second From or Subject, or a text of another type
(RFC 6376 8.15). Fields that lists add rightfully, such as List-Id or Sender, are signed where they are.
"""

import base64
from collections.abc import Sequence

from apps.protocols.mailauth.folding import join

from . import canonical
from .keys import Signer
from .letter import Letter

SEALED = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]
"""Signed, and none may be added."""
KEPT = [
    "Sender",
    "Content-Disposition",
    "Content-ID",
    "Content-Language",
    "Resent-From",
    "Resent-To",
    "Resent-Cc",
    "Resent-Date",
    "Resent-Message-ID",
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Archive",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "Feedback-ID",
    "Autocrypt",
]
"""Signed where they are there."""
_MOST = 20
"""A field that is there more often is no longer one that was meant."""
_WIDTH = 76


def sign(message: bytes, signers: Sequence[Signer], now: int) -> bytes:
    """Return a DKIM-Signature field for each signer, to be put in front of the message; nothing if it has no end."""
    if not signers:
        return b""
    letter = Letter(message)
    if letter.is_too_long:
        return b""
    names = covered(letter)
    fields = letter.pick([name.lower().encode() for name in names], form=canonical.RELAXED)
    head = b"\r\n".join(fields) + b"\r\n" if fields else b""
    body_hash = base64.b64encode(letter.body_hash(canonical.RELAXED)).decode()
    listed = join(names, ":")
    signatures = []
    for signer in signers:
        field = (
            f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/relaxed;\r\n"
            f"\td={signer.domain}; s={signer.selector}; t={now};\r\n"
            f"\th={listed};\r\n\tbh={body_hash};\r\n\tb="
        ).encode()
        value = base64.b64encode(signer.sign(head + canonical.relaxed_field(field)))
        folded = b"\r\n\t ".join([value[at : at + _WIDTH] for at in range(0, len(value), _WIDTH)])
        signatures.append(field + folded + b"\r\n")
    return b"".join(signatures)


def covered(letter: Letter, sealed: Sequence[str] = SEALED, kept: Sequence[str] = KEPT) -> list[str]:
    """Return the names of the fields to sign, each as often as it is there, and the sealed ones once more."""
    names = []
    for name in sealed:
        names += [name] * (min(len(letter.places(name.lower().encode())), _MOST) + 1)
    for name in kept:
        names += [name] * min(len(letter.places(name.lower().encode())), _MOST)
    return names
