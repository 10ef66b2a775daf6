"""Which certificates DNS vouches for: TLSA records of a mail host (RFC 6698, 7671, 7672)."""

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .lookups import Answer, Inquiry, Lookup, Status, Tlsa

DANE_TA, DANE_EE = 2, 3
_DIGESTS = {1: ("sha256", 32), 2: ("sha512", 64)}
MAX_RECORDS = 20


class Found(enum.Enum):
    """What a host's TLSA records demand."""

    NOTHING = "no TLSA record that DNSSEC vouches for"
    FAULT = "the TLSA records cannot be looked up"
    UNUSABLE = "TLSA records, none of which can be used: TLS is a must, whoever the host is"
    USABLE = "TLSA records to check the host by"


@dataclass(frozen=True, slots=True)
class Records:
    """The TLSA records of a host that can be used, and what that demands."""

    found: Found
    usable: tuple[Tlsa, ...] = ()
    reason: str = ""
    base: str = ""
    """Whose records they are: the host, or the name it is an alias of. The certificate is to name it (RFC 7672 3.2.2)."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What the records say of a chain: the host's own certificate is vouched for, or these above it are."""

    is_end_entity: bool = False
    anchors: tuple[bytes, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether no record matches."""
        return not self.is_end_entity and not self.anchors


def find_tlsa(host: str, port: int, addresses: Answer) -> Inquiry[Records]:
    """Ask for the TLSA records of a host, given the answer that holds its addresses.

    Of an alias, the name it stands for comes first where DNSSEC vouches for the whole way there, then the alias itself;
    where it vouches for the alias alone, only that (RFC 7672 2.2.2). A lookup that fails is no absence of records (2.1.3): who could suppress them would switch DANE off.
    """
    bases = [host]
    if addresses.secure:
        bases = [addresses.canonical, host] if addresses.canonical else [host]
    elif not addresses.canonical:
        return Records(Found.NOTHING)
    else:
        alias = yield Lookup(host, "CNAME")
        if alias.status is Status.FAULT:
            return Records(Found.FAULT, reason=alias.reason)
        if not alias.secure:
            return Records(Found.NOTHING)
    for base in bases:
        found = yield from _of(base, port)
        if found.found is not Found.NOTHING:
            return found
    return Records(Found.NOTHING)


def _of(base: str, port: int) -> Inquiry[Records]:
    answer = yield Lookup(f"_{port}._tcp.{base}", "TLSA")
    if answer.status is Status.FAULT:
        return Records(Found.FAULT, reason=answer.reason, base=base)
    records = [record for record in answer.records if isinstance(record, Tlsa)]
    if not answer.secure or not records:
        return Records(Found.NOTHING)
    usable = tuple(record for record in records if is_usable(record))[:MAX_RECORDS]
    return Records(Found.USABLE if usable else Found.UNUSABLE, usable, base=base)


def is_usable(record: Tlsa) -> bool:
    """Whether a record can be used by SMTP: usage 2 or 3, what it matches known, its digest whole (RFC 7672 3.1)."""
    if record.usage not in {DANE_TA, DANE_EE} or record.selector not in {0, 1}:
        return False
    if record.matching == 0:
        return bool(record.data)
    digest = _DIGESTS.get(record.matching)
    return digest is not None and len(record.data) == digest[1]


def matches(record: Tlsa, certificate: bytes) -> bool:
    """Whether a record is of this certificate (DER)."""
    try:
        subject = certificate if record.selector == 0 else public_key_of(certificate)
    except ValueError:
        return False
    if record.matching == 0:
        return subject == record.data
    return hashlib.new(_DIGESTS[record.matching][0], subject).digest() == record.data


def match(records: Iterable[Tlsa], chain: Sequence[bytes]) -> Matched:
    """Look for the certificates of a chain (DER, the host's own first) that the records vouch for.

    Of anchors the caller checks that the chain leads there and that the certificate names the host: names and dates
    count for DANE-TA, for DANE-EE nothing but the match (RFC 7672 3.1).
    """
    anchors: list[bytes] = []
    for record in records:
        if record.usage == DANE_EE:
            if chain and matches(record, chain[0]):
                return Matched(is_end_entity=True)
            continue
        anchors += [certificate for certificate in chain if matches(record, certificate)]
        if record.selector == 0 and record.matching == 0:
            anchors.append(record.data)  # The host need not send what DNS holds whole.
    return Matched(anchors=tuple(dict.fromkeys(anchors)))


def public_key_of(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate (DER), whole; raises ValueError for what is none."""
    _, body, _ = _element(certificate, 0)
    tag, start, _ = _element(certificate, body)
    if tag != 0x30:
        raise ValueError("not a certificate")
    at = start
    if certificate[at : at + 1] == b"\xa0":  # The version, which the oldest have not.
        at = _element(certificate, at)[2]
    for _ in range(5):  # Serial number, signature, issuer, validity, subject.
        at = _element(certificate, at)[2]
    tag, _, end = _element(certificate, at)
    if tag != 0x30:
        raise ValueError("not a certificate")
    return certificate[at:end]


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, start and end of the contents of the DER element at a place."""
    if at + 2 > len(data):
        raise ValueError("ends too early")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > len(data):
            raise ValueError("a length that cannot be")
        length, start = int.from_bytes(data[start : start + octets]), start + octets
    if start + length > len(data):
        raise ValueError("ends too early")
    return data[at], start, start + length


def is_named(certified: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a certificate's DNS names cover one of these; `*.` stands for one label (RFC 7672 3.2.3)."""
    wanted = {name.rstrip(".").lower() for name in names}
    wild = {"*." + parent for name in wanted if "." in (parent := name.partition(".")[2])}
    return any(name.rstrip(".").lower() in wanted | wild for name in certified)
