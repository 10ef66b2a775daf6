"""What the signatures of DKIM and the two of ARC have in common: read, and judged by a key (RFC 6376 3.5)."""

import functools
import re
from dataclasses import dataclass

from apps.protocols.addresses import MAX_DOMAIN_BYTES, AddressError, DomainName

from .canonical import RELAXED, SIMPLE
from .keys import ED25519, RSA
from .letter import Letter
from .records import FEWEST_BITS, PublicKey, Rejected
from .results import Dkim
from .tags import TagError, parse_tags, read_base64, read_list, read_number

_VALUE = re.compile(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_KINDS = {RSA: "rsa", ED25519: "ed25519"}
_NAME = re.compile(r"[!-9;-~]+")
NAMES_LIMIT = 1000
"""So many fields may a signature name; a header of real mail has a hundred."""
REMEMBERED_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Signature:
    """A field that signs, with what every kind of them must have."""

    tags: dict[str, str]
    algorithm: str
    domain: str
    """As A-labels in lower case."""
    selector: str
    value: bytes
    unsigned: bytes
    """The field without the value of b=, as it was signed."""

    @property
    def key_name(self) -> str:
        """Where the key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Covered:
    """What of a message is signed, and in which form."""

    names: tuple[bytes, ...]
    header_form: str
    body_form: str
    body_hash: bytes
    length: int | None


def tags_of(raw: bytes) -> dict[str, str]:
    """Read the tags of a field; raises TagError."""
    try:
        return parse_tags(raw.partition(b":")[2].decode())
    except UnicodeDecodeError:
        raise TagError("not text") from None


def names_of(tags: dict[str, str]) -> tuple[str, str]:
    """Return domain and selector as A-labels, or "" for what is no name."""
    domain, selector = _name(tags.get("d", "")), _name(tags.get("s", "") + ".x").removesuffix(".x")
    return (domain if "." in domain else ""), selector


def _name(text: str) -> str:
    return _remembered_name(text) if len(text) <= MAX_DOMAIN_BYTES else ""


@functools.lru_cache(4096)
def _remembered_name(text: str) -> str:
    """Return a name as A-labels. Each signature has a few of them, and asks for them again and again."""
    try:
        return "" if text.endswith(".") else DomainName.parse(text).name
    except AddressError:
        return ""


def read_signature(raw: bytes, tags: dict[str, str]) -> Signature:
    """Read what a key is needed for, from a field and its tags; raises Rejected."""
    for name in ("a", "b", "d", "s"):
        if not tags.get(name):
            raise Rejected(Dkim.PERMERROR, f"{name}= is missing")
    algorithm = tags["a"]
    if algorithm == "rsa-sha1":
        raise Rejected(Dkim.PERMERROR, "rsa-sha1 proves nothing any more")
    if algorithm not in _KINDS:
        raise Rejected(Dkim.PERMERROR, "the algorithm is not known")
    domain, selector = names_of(tags)
    if not domain or not selector:
        raise Rejected(Dkim.PERMERROR, f"{'s' if domain else 'd'}= is no name")
    try:
        value = read_base64(tags["b"])
        if "t" in tags:
            read_number(tags["t"])
    except TagError as error:
        raise Rejected(Dkim.PERMERROR, f"b= or t= is {error}") from None
    head, _, rest = raw.partition(b":")
    return Signature(
        tags, algorithm, domain, selector, value, head + b":" + _VALUE.sub(rb"\1", rest, count=1)
    )


def read_covered(tags: dict[str, str], form: str = "simple/simple") -> Covered:
    """Read what is signed, in the form given where c= lacks; raises Rejected."""
    for name in ("bh", "h"):
        if not tags.get(name):
            raise Rejected(Dkim.PERMERROR, f"{name}= is missing")
    header_form, _, body_form = tags.get("c", form).partition("/")
    body_form = body_form or SIMPLE
    if not {header_form, body_form} <= {RELAXED, SIMPLE} or tags.get("c", form).endswith("/"):
        raise Rejected(Dkim.PERMERROR, "c= is not known")
    listed = tags["h"]
    lowered = (_remembered_names if len(listed) <= REMEMBERED_CHARACTERS else _names)(listed)
    if lowered is None:
        raise Rejected(Dkim.PERMERROR, "h= is no list of fields")
    try:
        body_hash = read_base64(tags["bh"])
        length = read_number(tags["l"], 76) if "l" in tags else None
    except TagError as error:
        raise Rejected(Dkim.PERMERROR, f"bh= or l= is {error}") from None
    return Covered(lowered, header_form, body_form, body_hash, length)


def _names(listed: str) -> tuple[bytes, ...] | None:
    """Read the fields that h= names, in lower case."""
    names = read_list(listed)
    if len(names) > NAMES_LIMIT or not all(map(_NAME.fullmatch, names)):
        return None
    return tuple([name.lower().encode() for name in names])


@functools.lru_cache(512)
def _remembered_names(listed: str) -> tuple[bytes, ...] | None:
    """Read them once: a program that signs names the same fields in each message."""
    return _names(listed)


def check_body(letter: Letter, covered: Covered) -> None:
    """Compare the body with what was signed; raises Rejected."""
    if covered.length is not None and covered.length > len(letter.body(covered.body_form)):
        raise Rejected(Dkim.FAIL, "the body was cut")
    if letter.body_hash(covered.body_form, covered.length) != covered.body_hash:
        raise Rejected(Dkim.FAIL, "the body was changed")


def check_value(signature: Signature, key: PublicKey, data: bytes) -> None:
    """Let the key judge the signature of canonical fields; raises Rejected."""
    if key.kind != _KINDS[signature.algorithm]:
        raise Rejected(Dkim.PERMERROR, "the key is for another algorithm")
    if key.hashes and "sha256" not in key.hashes:
        raise Rejected(Dkim.PERMERROR, "the key is not for sha256")
    if key.kind == "rsa" and key.bits < FEWEST_BITS:
        raise Rejected(Dkim.POLICY, f"a key of {key.bits} bits is too short to be believed")
    if not key.verify(signature.value, data):
        raise Rejected(Dkim.FAIL, "the signature is wrong")
