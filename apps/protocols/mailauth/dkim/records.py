"""Public keys, as they are published (RFC 6376 3.6.1, RFC 8301, RFC 8463)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from apps.protocols.mailauth.lookups import Inquiry, Lookup, Status

from .results import Dkim
from .tags import TagError, parse_tags, read_base64, read_list

RECORD_LIMIT = 4096
"""So long may a record be; a key of 4096 bits takes 740 characters."""
NAME_LIMIT = 253
FEWEST_BITS, MOST_BITS = 1024, 8192
_ED25519_BYTES = 32

type Verify = Callable[[bytes, bytes], bool]


class Rejected(Exception):  # noqa: N818 - it is an answer, and never leaves the package.
    """A signature that is not to be believed, with the word for it and the reason."""

    def __init__(self, result: Dkim, reason: str) -> None:
        super().__init__(reason)
        self.result, self.reason = result, reason


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key record: what it verifies, and what it is for."""

    kind: str
    bits: int
    verify: Verify
    """Takes a signature and what was signed."""
    is_testing: bool
    is_strict: bool
    """The domain of i= must be that of d=, and no part of it (t=s)."""
    hashes: tuple[str, ...]


def find_key(name: str) -> Inquiry[PublicKey]:
    """Ask for the key at a name; raises Rejected."""
    if len(name) > NAME_LIMIT:
        # Not for DNS to say: that it cannot be asked is no trouble of the moment.
        raise Rejected(Dkim.PERMERROR, "there can be no such key")
    answer = yield Lookup(name, "TXT")
    if answer.status is Status.FAULT:
        raise Rejected(Dkim.TEMPERROR, "the key cannot be looked up at the moment")
    texts = answer.texts
    if not texts:
        raise Rejected(Dkim.PERMERROR, "there is no such key")
    # There must be one record; where there are more, the first that is a key is as good as any (3.6.2.2).
    fault = None
    for text in texts[:4]:
        try:
            return parse_key(text)
        except Rejected as error:
            fault = fault or error
    assert fault is not None
    raise fault


def parse_key(text: str) -> PublicKey:
    """Read a key record; raises Rejected."""
    if len(text) > RECORD_LIMIT:
        raise Rejected(Dkim.PERMERROR, "the key record is too long")
    found = _parse(text)
    if isinstance(found, str):
        raise Rejected(Dkim.PERMERROR, found)
    return found


@functools.lru_cache(512)
def _parse(text: str) -> PublicKey | str:
    """Return the key, or why it is none. Kept, for reading a key takes as long as verifying with it."""
    try:
        tags = parse_tags(text)
        if "v" in tags and (next(iter(tags)) != "v" or tags["v"] != "DKIM1"):
            return "the key record is of another version"
        if "p" not in tags:
            return "the key record has no key"
        if not tags["p"]:
            return "the key was revoked"
        if not {"*", "email"} & set(read_list(tags.get("s", "*"))):
            return "the key is not for mail"
        kind = tags.get("k", "rsa")
        raw = read_base64(tags["p"])
    except TagError:
        return "the key record is malformed"
    match kind:
        case "rsa":
            loaded = _rsa(raw)
        case "ed25519":
            loaded = _ed25519(raw)
        case _:
            return "the key is of a kind that is not known"
    if loaded is None:
        return "the key is malformed"
    flags = read_list(tags.get("t", ""))
    bits, verify = loaded
    if bits > MOST_BITS:
        return "the key is too long"
    hashes = tuple(read_list(tags["h"])) if "h" in tags else ()
    return PublicKey(kind, bits, verify, "y" in flags, "s" in flags, hashes)


def _rsa(raw: bytes) -> tuple[int, Verify] | None:
    # Imported by who verifies: it takes 8 MB.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    padding, digest = PKCS1v15(), SHA256()

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, data, padding, digest)
        except InvalidSignature:
            return False
        return True

    return key.key_size, verify


def _ed25519(raw: bytes) -> tuple[int, Verify] | None:
    import hashlib

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(raw) != _ED25519_BYTES:
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, hashlib.sha256(data).digest())
        except InvalidSignature:
            return False
        return True

    return 256, verify
