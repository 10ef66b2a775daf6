"""Which mail may be a report, and where it is kept until somebody reads it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import Plan, Run
from apps.events.wake import Job

from . import sql

ADDRESSES = frozenset({"dmarc-reports", "tlsrpt"})
"""Names every domain of ours answers to; nobody needs a mailbox for them (mailboxes_route knows them, too)."""
COMPLAINTS = frozenset({"abuse", "postmaster", "fbl"})
"""Names that people read, and feedback loops write to."""
_FEEDBACK = b'"feedback-report"'
_SUBJECT = b"report domain:"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that came to one of these names."""

    address: str
    organisation_id: int
    blob_hash: bytes
    size: int
    trace_id: uuid.UUID
    received_at: dt.datetime


def local_of(address: str) -> str:
    """Return the name before @, without its tag."""
    return address.rpartition("@")[0].partition("+")[0].lower()


def is_for_reports(address: str) -> bool:
    """Say whether an address takes nothing but reports."""
    return local_of(address) in ADDRESSES


def may_be_report(address: str, packed: bytes) -> bool:
    """Say whether a message is worth reading as a report: by its address, or by what its packed facts hold.

    A domain may name any address for reports (rua=); their subject is then what tells them (RFC 7489 7.2.1.1).
    """
    if is_for_reports(address):
        return True
    lower = packed.lower()
    return _SUBJECT in lower or (_FEEDBACK in lower and local_of(address) in COMPLAINTS)


def take(letters: Sequence[Letter]) -> Plan[None]:
    """Keep messages for the reader, and wake it."""
    if not letters:
        return
    yield Run(
        sql.TAKE,
        (
            [letter.address.rpartition("@")[2] for letter in letters],
            [letter.organisation_id for letter in letters],
            [letter.blob_hash for letter in letters],
            [letter.size for letter in letters],
            [letter.trace_id for letter in letters],
            [is_for_reports(letter.address) for letter in letters],
            [letter.received_at for letter in letters],
        ),
    )
    yield Job.REPORTS
