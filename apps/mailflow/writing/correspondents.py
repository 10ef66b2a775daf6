"""Whom a user writes to: counted when something is sent, suggested by the first letters of a name or address."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from apps.accounts.models import User
from apps.events.transactions import Plan, Run, perform, query
from apps.mailflow.models import Correspondent
from apps.protocols.imap import envelope
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.header_text import one_line
from apps.protocols.mime.letter import Person

from . import reading, sql
from .drafts import special_folder
from .fields import address_of

LIMIT = 10
SEEDED = 2000
_WORD = re.compile(r"[^\s@.<>()\[\],;:\"'_+-]+")
_LIKE = re.compile(r"([\\%_])")
# Who writes by machine and reads nothing is not worth suggesting.
_MACHINES = re.compile(
    r"(?:no|do-?not|never)[._-]?reply|mailer-daemon|bounces?\b|postmaster|notifications?@", re.IGNORECASE
)


def count_sent(user_id: int, people: Iterable[Person], now: dt.datetime) -> Plan[None]:
    """Count people who were just written to."""
    yield from _count(user_id, dict.fromkeys(people, (1, 0, now)), seeding=False)


def _count(
    user_id: int, people: Mapping[Person, tuple[int, int, dt.datetime]], *, seeding: bool
) -> Plan[None]:
    rows: dict[str, tuple[str, str, str, str, int, int, dt.datetime]] = {}
    for person, (sent, received, last) in people.items():
        address = address_of(person)
        if address is None:
            continue
        name = one_line(person.name)[:200]
        before = rows.get(address.key)
        if before is not None:
            name, sent, received = name or before[2], max(sent, before[4]), max(received, before[5])
            last = max(last, before[6])
        rows[address.key] = (
            address.key[:320], str(address)[:320], name, words_of(name, str(address)), sent, received, last
        )  # fmt: skip
    if not rows:
        return
    columns = [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)]
    names = ("keys", "addresses", "names", "words", "sent", "received", "last")
    params = dict(zip(names, columns, strict=True)) | {"user_id": user_id, "seeding": seeding}
    yield Run(sql.COUNT_CORRESPONDENTS, params)


def words_of(name: str, address: str) -> str:
    """Return what is searched: each word with a space before it, and the address as it is typed."""
    return " " + " ".join([*_WORD.findall(f"{name} {address}".lower()), address.lower()])


def suggest(*, user_id: int, text: str, now: dt.datetime, limit: int = LIMIT) -> tuple[Person, ...]:
    """Return people whose name or address begins so, word for word; nobody for no words at all."""
    tokens = text.replace("\0", " ").lower().split()[:8]
    if not tokens:
        return ()
    patterns = [f"% {_LIKE.sub(r'\\\1', token)}%" for token in tokens]
    params = {"user_id": user_id, "patterns": patterns, "now": now, "limit": limit}
    return tuple(Person(address, name) for address, name in perform(query(sql.SUGGEST, params)))


def known(*, user_id: int) -> frozenset[str]:
    """Return the keys of all addresses a user wrote to."""
    return frozenset(Correspondent.objects.filter(user_id=user_id, sent__gt=0).values_list("key", flat=True))


def forget(*, user_id: int, address: str) -> None:
    """Suggest an address no more, until it is written to again."""
    found = address_of(Person(address))
    Correspondent.objects.filter(user_id=user_id, key=found.key if found else address.lower()).delete()


def seed(*, user_id: int, mailbox_id: int) -> int:
    """Learn from the latest of Sent and INBOX whom the user writes to and hears from; may be done again.

    Return how many addresses were found. NotFoundError for a mailbox that is not theirs.
    """
    reading.reach(user_id, mailbox_id, "read")
    user = User.objects.get(id=user_id)
    return perform(_seed(user.id, user.address, mailbox_id))


def _seed(user_id: int, own: str, mailbox_id: int) -> Plan[int]:
    counts: dict[Person, tuple[int, int, dt.datetime]] = {}
    sent_folder = yield from special_folder(mailbox_id, "\\Sent")
    for packed, seconds in (yield from query(sql.ENVELOPES, (mailbox_id, sent_folder, SEEDED))):
        for field in ("to", "cc", "bcc"):
            _note(counts, packed, field, seconds, is_sent=True)
    inbox = yield from query(
        "SELECT id FROM store_folder WHERE mailbox_id = %s AND name = 'INBOX'", (mailbox_id,)
    )
    for (folder_id,) in inbox:
        for packed, seconds in (yield from query(sql.ENVELOPES, (mailbox_id, folder_id, SEEDED))):
            _note(counts, packed, "from", seconds, is_sent=False)
    found = {person: count for person, count in counts.items() if person.address.lower() != own}
    yield from _count(user_id, found, seeding=True)
    return len(found)


def _note(
    counts: dict[Person, tuple[int, int, dt.datetime]],
    packed: bytes,
    field: str,
    seconds: int,
    *,
    is_sent: bool,
) -> None:
    text = envelope.field(packed, field)
    if not text:
        return
    when = dt.datetime.fromtimestamp(max(0, min(seconds, 2**34)), dt.UTC)
    for mailbox in parse_addresses(text.encode("utf-8", "replace"), 100):
        address = spec_text(mailbox)
        if not mailbox.host or (not is_sent and _MACHINES.search(address)):
            continue
        person = Person(address, (mailbox.name or b"").decode("utf-8", "replace"))
        sent, received, last = counts.get(person, (0, 0, when))
        counts[person] = (sent + is_sent, received + (not is_sent), max(last, when))
