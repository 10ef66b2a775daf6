"""A search finds what a plain reading of each message finds."""

import asyncio
import datetime as dt
import itertools
import random
from dataclasses import dataclass

import pytest

from apps.protocols.imap import search as tree
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.search import When, parse_keys
from apps.protocols.imap.sequence import SequenceSet
from apps.protocols.imap.view import View
from apps.protocols.mime.scan import scan
from apps.store import packing
from apps.store.flags import Flags
from apps.store.search import search
from apps.store.services import messages
from apps.store.values import MessageFacts, NewMessage
from tests.store.mail import Box, a_box, put
from tests.store.reading import Desk, a_desk, in_thread

pytestmark = pytest.mark.usefixtures("real_database")

NOON = 1_790_000_000 // 86400 * 86400 + 43200


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, and what is known of it without reading it."""

    subject: str
    sender: str
    cc: str
    body: str
    flags: tuple[str, ...]
    received: int
    zone: str
    list_id: str

    @property
    def date(self) -> dt.datetime:
        """The Date header; its day is that of the zone it was written in."""
        return dt.datetime.strptime(
            f"{dt.datetime.fromtimestamp(self.received, dt.UTC):%Y-%m-%d} 23:30 {self.zone}",
            "%Y-%m-%d %H:%M %z",
        )

    def data(self) -> bytes:
        lines = [
            f"Date: {self.date:%a, %d %b %Y %H:%M:%S %z}",
            f"From: {self.sender}",
            f"Subject: {self.subject}",
            *([f"Cc: {self.cc}"] if self.cc else []),
            *([f"List-Id: {self.list_id}"] if self.list_id else []),
            "Content-Type: text/plain; charset=utf-8",
            "",
            self.body,
        ]
        return "\r\n".join(lines).encode()

    def new(self, box: Box) -> NewMessage:
        data = self.data()
        facts = MessageFacts.of(scan(data))
        ref = box["INBOX"]
        return NewMessage(
            box.organisation_id,
            ref.mailbox_id,
            ref.folder_id,
            data,
            facts,
            self.received,
            flags=Flags.named(*self.flags),
        )


def letters(rng: random.Random, count: int) -> list[Letter]:
    return [
        Letter(
            subject=rng.choice(["Lunch on Friday", "Grüße aus Köln", "Re: invoice 4711", ""]),
            sender=rng.choice(
                ["Bob Builder <bob@example.test>", "carol@example.test", "Élise <elise@example.test>"]
            ),
            cc=rng.choice(["", "Dave <dave@example.test>, erin@example.test"]),
            body=rng.choice(
                ["See you there", "STRASSE and straße", "the invoice\r\nis  attached", "x" * 3000]
            ),
            flags=tuple(rng.sample(["\\Seen", "\\Flagged", "$Junk", "todo"], rng.randrange(3))),
            received=NOON + rng.randrange(-5, 5) * 86400,
            zone=rng.choice(["+0000", "-0800", "+1300"]),
            list_id=rng.choice(["", "<friends.example.test>"]),
        )
        for _ in range(count)
    ]


def within(text: str, part: str) -> bool:
    return " ".join(part.casefold().split()) in " ".join(text.casefold().split())


def holds(key: tree.Key, uid: int, number: int, letter: Letter, last: int) -> bool:
    """Read one message plainly."""

    def day(when: When, seen: dt.date, asked: dt.date) -> bool:
        return {When.BEFORE: seen < asked, When.ON: seen == asked, When.SINCE: seen >= asked}[when]

    def listed(sequence: SequenceSet, value: int) -> bool:
        return any(low <= value <= high for low, high in sequence.resolve(last))

    match key:
        case tree.All():
            return True
        case tree.And(keys):
            return all(holds(each, uid, number, letter, last) for each in keys)
        case tree.Or(left, right):
            return any(holds(each, uid, number, letter, last) for each in (left, right))
        case tree.Not(inner):
            return not holds(inner, uid, number, letter, last)
        case tree.HasFlag(flag):
            return flag in letter.flags
        case tree.Larger(size):
            return len(letter.data()) > size
        case tree.Smaller(size):
            return len(letter.data()) < size
        case tree.Received(when, asked):
            return day(when, dt.datetime.fromtimestamp(letter.received, dt.UTC).date(), asked)
        case tree.Sent(when, asked):
            return day(when, letter.date.date(), asked)
        case tree.Header(name, value):
            fields = {"subject": letter.subject, "from": letter.sender}
            fields |= {"cc": letter.cc} if letter.cc else {}
            fields |= {"list-id": letter.list_id} if letter.list_id else {}
            return name in fields and within(fields[name], value)
        case tree.Body(value):
            return within(letter.body, value)
        case tree.Text(value):
            return within(letter.data().decode(), value)
        case tree.Numbers(sequence):
            return listed(sequence, number)
        case tree.Uids(sequence):
            return listed(sequence, uid)
    raise AssertionError(key)


def a_key(rng: random.Random, depth: int = 0) -> tree.Key:
    """Choose a search."""
    day = dt.datetime.fromtimestamp(NOON + rng.randrange(-5, 5) * 86400, dt.UTC).date()
    when = rng.choice(list(When))
    words = [
        "lunch",
        "GRÜSSE",
        "invoice",
        "bob",
        "example.test",
        "dave",
        "Builder <bob@",
        "strasse",
        "is attached",
        "",
    ]
    word = rng.choice(words)
    number = rng.randrange(1, 30)
    sequence = SequenceSet.parse(b"%d:%d,%d:*" % (number, number + 5, number + 18))
    leaves: list[tree.Key] = [
        tree.All(),
        tree.HasFlag(rng.choice(["\\Seen", "\\Flagged", "$Junk", "todo", "never"])),
        tree.Larger(rng.choice([200, 1000])),
        tree.Smaller(rng.choice([250, 1000])),
        tree.Received(when, day),
        tree.Sent(when, day),
        tree.Header(rng.choice(["subject", "from", "cc", "list-id", "x-none"]), word),
        tree.Body(word),
        tree.Text(word),
        tree.Numbers(sequence),
        tree.Uids(sequence),
    ]
    if depth > 2 or rng.random() < 0.4:
        return rng.choice(leaves)
    parts = [a_key(rng, depth + 1) for _ in range(3)]
    joined: list[tree.Key] = [tree.And(tuple(parts)), tree.Or(parts[0], parts[1]), tree.Not(parts[0])]
    return rng.choice(joined)


def a_key_of_each_kind() -> list[tree.Key]:
    kinds: dict[type, tree.Key] = {}
    rng = random.Random(0)
    for _ in itertools.takewhile(lambda _: len(kinds) < 14, range(2000)):
        key = a_key(rng)
        kinds.setdefault(type(key), key)
    assert len(kinds) == 14
    return list(kinds.values())


async def found(desk: Desk, view: View, key: tree.Key) -> list[int]:
    uids: list[int] = (await search(desk.reader, view, key)).uids.tolist()
    return uids


@pytest.mark.slow
@pytest.mark.parametrize("packed", [True, False])
def test_a_search_finds_what_plain_reading_finds(packed: bool) -> None:
    box = a_box()
    ref = box["INBOX"]
    rng = random.Random(5)
    sent = letters(rng, 40)
    put(*(letter.new(box) for letter in sent))

    async def main() -> None:
        async with a_desk() as desk:
            await desk.database.perform(messages.expunge(ref, [(5, 9), (33, 33)], only_deleted=False))
            if packed:
                await in_thread(packing.rebuild, ref)
            state = await desk.caches.current(ref)
            assert state is not None
            view = View(state)
            there = [(uid, number + 1, sent[uid - 1]) for number, uid in enumerate(state.uids.tolist())]
            for key in [*a_key_of_each_kind(), *(a_key(rng) for _ in range(150))]:
                by_number = {number for _, number, _ in there}
                expected = [
                    uid for uid, number, letter in there if holds_at(key, uid, number, letter, len(by_number))
                ]
                assert await found(desk, view, key) == expected, key

    asyncio.run(main())


def holds_at(key: tree.Key, uid: int, number: int, letter: Letter, count: int) -> bool:
    """Read plainly, `*` being the last number for numbers, the last uid for uids (40 here)."""
    match key:
        case tree.Uids():
            return holds(key, uid, number, letter, 40)
        case tree.Numbers():
            return holds(key, uid, number, letter, count)
        case tree.And(keys):
            return all(holds_at(each, uid, number, letter, count) for each in keys)
        case tree.Or(left, right):
            return any(holds_at(each, uid, number, letter, count) for each in (left, right))
        case tree.Not(inner):
            return not holds_at(inner, uid, number, letter, count)
    return holds(key, uid, number, letter, count)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Type: text/plain", "The FOX ran"),
        ("Content-Transfer-Encoding: base64", "VGhlIGZveCByYW4="),
        ("Content-Transfer-Encoding: quoted-printable", "The f=6Fx ran"),
        ("Content-Type: text/html", "<p>The f<b>ox</b> ran</p>"),
        ("Content-Type: text/plain; charset=utf-7", "The +AGYAbwB4- ran"),
        ("Content-Type: text/plain; charset=utf-8", "The fo\u212a, fo\u017f: fox"),
    ],
)
def test_a_word_is_found_however_it_is_written(head: str, body: str) -> None:
    box = a_box()
    ref = box["INBOX"]
    data = f"Subject: none\r\nMIME-Version: 1.0\r\n{head}\r\n\r\n{body}\r\n".encode()
    facts = MessageFacts.of(scan(data))
    put(NewMessage(box.organisation_id, ref.mailbox_id, ref.folder_id, data, facts, NOON))

    async def main() -> None:
        async with a_desk() as desk:
            state = await desk.caches.current(ref)
            assert state is not None
            assert await found(desk, View(state), tree.Body("fox")) == [1]
            assert await found(desk, View(state), tree.Text("foxes")) == []

    asyncio.run(main())


def test_what_clients_send() -> None:
    box = a_box()
    rng = random.Random(9)
    sent = letters(rng, 12)
    put(*(letter.new(box) for letter in sent))

    async def main() -> None:
        async with a_desk() as desk:
            state = await desk.caches.current(box["INBOX"])
            assert state is not None
            view = View(state, recent_from=11)

            async def uids(line: str) -> list[int]:
                return await found(desk, view, parse_keys(Lexer([line.encode()])))

            assert await uids("ALL") == list(range(1, 13))
            assert await uids("RECENT") == [11, 12]
            assert await uids("OLD") == list(range(1, 11))
            assert await uids(f"MODSEQ {state.modseq}") == list(range(1, 13))
            assert await uids(f"MODSEQ {state.modseq + 1}") == []
            unseen = [n + 1 for n, letter in enumerate(sent) if "\\Seen" not in letter.flags]
            assert await uids("UNSEEN") == unseen
            assert await uids("UNSEEN 1:3 NOT DELETED") == [uid for uid in unseen if uid < 4]
            assert await uids("SINCE 1-Jan-2020 SMALLER 10 BODY nothing") == []
            assert await uids("KEYWORD TODO") == [
                n + 1 for n, letter in enumerate(sent) if "todo" in letter.flags
            ]

    asyncio.run(main())
