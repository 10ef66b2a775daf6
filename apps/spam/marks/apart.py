"""How a message is taken apart to be learned from: in the way in which judges take it apart."""

import hashlib
import re

import numpy as np

from apps.protocols.mime.scan import scan

from .values import Apart, Tokens

VERSION = 1
TEXT_CHARACTERS = 64 * 1024
MOST_TOKENS = 2000
_WORD = re.compile(r"\w{3,32}")


def tokens_of(raw: bytes) -> Tokens:
    """Return the words of a message as numbers."""
    scanned = scan(raw, text_limit=TEXT_CHARACTERS)
    text = f"{scanned.from_addr} {scanned.subject} {scanned.text}".lower()
    words = list(dict.fromkeys(match[0] for match in _WORD.finditer(text)))[:MOST_TOKENS]
    digests = b"".join(
        hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest() for word in words
    )
    return np.frombuffer(digests, "<i8").astype(np.int64)


APART = Apart(tokens_of, VERSION)
