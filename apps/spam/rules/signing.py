"""A feed as a file: a line that says what it is, a line with its Ed25519 signature, and the document. Pure."""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .definitions import RuleError
from .documents import Document, from_json, to_json

MARK = b"mail rules feed 1\n"
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A feed whose signature holds."""

    document: Document
    body: str


def seal(document: Document, key: Ed25519PrivateKey) -> bytes:
    """Return a document as a signed file."""
    body = to_json(document).encode()
    return MARK + base64.b64encode(key.sign(MARK + body)) + b"\n" + body


def unseal(raw: bytes, key: str) -> Opened:
    """Return what a signed file holds; raises RuleError where this key (base64) did not sign it."""
    if len(raw) > MOST_BYTES:
        raise RuleError(f"a feed has at most {MOST_BYTES} bytes")
    if not raw.startswith(MARK):
        raise RuleError("this is no feed of rules")
    signature, _, body = raw[len(MARK) :].partition(b"\n")
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error):
        raise RuleError("the key is no Ed25519 key in base64") from None
    try:
        public.verify(base64.b64decode(signature, validate=True), MARK + body)
    except (InvalidSignature, ValueError, binascii.Error):
        raise RuleError("the signature does not hold: it was signed by another key, or changed") from None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise RuleError("the feed is no text") from None
    return Opened(from_json(text), text)
