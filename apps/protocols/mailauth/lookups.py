"""What evaluators ask of DNS, and what they are told.

An evaluator is a generator: it yields a `Lookup` and is sent an `Answer`. It never learns how the question
was asked, so the same code runs on a loop, in a thread and in a test that answers by hand.
"""

import enum
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass


class Status(enum.Enum):
    """How a lookup ended; a fault is never the same as "no record"."""

    FOUND = "found"
    NO_DATA = "no such record"
    NO_DOMAIN = "no such domain"
    FAULT = "no usable answer"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question: a name as A-labels without a final dot, and a record type.

    Kinds in use are A, AAAA, MX, TXT, PTR, CNAME, NS, SRV and TLSA; the name of a PTR comes from `reverse_name`.
    """

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mx:
    """One MX record; exchange "." means the domain takes no mail (RFC 7505)."""

    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One TLSA record (RFC 6698 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes


type Record = str | Mx | Tlsa


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Records are Mx, Tlsa, or strings: addresses, names without final dot, texts.

    A text's bytes beyond UTF-8 are surrogate escapes. What holds of an alias' target is the answer for the alias.
    """

    status: Status
    records: tuple[Record, ...] = ()
    reason: str = ""  # For our log, on a fault.
    secure: bool = False  # DNSSEC vouches for it, or for there being none; said by a server that we trust.
    is_late: bool = False  # A fault, for the time of the whole inquiry is up: what else it asks is, too.
    canonical: str = ""  # Where the name is an alias (CNAME): the name that the records stand at.
    ttl: int = 0  # For how many seconds it may be kept, counted from when the server was asked.

    @property
    def texts(self) -> tuple[str, ...]:
        """The records that are strings."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def exchanges(self) -> tuple[Mx, ...]:
        """The records that are MX, in the order they came."""
        return tuple(record for record in self.records if isinstance(record, Mx))


type Inquiry[T] = Generator[Lookup, Answer, T]


def reverse_name(address: str) -> str:
    """Return the name whose PTR records name the hosts of an address (RFC 1035 3.5, RFC 3596 2.5)."""
    return ipaddress.ip_address(address).reverse_pointer
