"""What evaluators ask of DNS, and what they are told.

An evaluator is a generator: it yields a `Lookup` and is sent an `Answer`. It never learns how the question
was asked, so the same code runs on a loop, in a thread and in a test that answers by hand.
"""

import enum
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
    """One question: a name as A-labels without a final dot, and a record type such as MX."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mx:
    """One MX record; exchange "." means the domain takes no mail (RFC 7505)."""

    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Records are strings (addresses, names, text), or Mx for MX."""

    status: Status
    records: tuple[str | Mx, ...] = ()
    reason: str = ""  # For our log, on a fault.

    @property
    def texts(self) -> tuple[str, ...]:
        """The records that are strings."""
        return tuple(record for record in self.records if isinstance(record, str))


type Inquiry[T] = Generator[Lookup, Answer, T]
