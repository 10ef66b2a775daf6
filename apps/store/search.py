"""A search tree (RFC 3501 6.4.4) → messages, cheapest keys first.

Flags, numbers, uids and modseqs are arrays in memory; dates and sizes are in the indexes of packs; addresses
and subjects are in the ENVELOPE, which is where RFC 3501 wants them looked for; other fields and texts are read from the
messages themselves, in bounded batches and only for messages that nothing cheaper ruled out.
"""

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from apps.protocols.imap import envelope
from apps.protocols.imap import search as tree
from apps.protocols.imap.folder import RECENT, FolderState, Uids, place_of
from apps.protocols.imap.search import When
from apps.protocols.imap.sequence import SequenceSet
from apps.protocols.imap.structure import filenames
from apps.protocols.imap.view import Selection, View
from apps.protocols.mime.headers import decode_words, fields, header_end, unfold
from apps.protocols.mime.scan import scan

from .packs import NO_DATE, PACK_SIZE, Pack, Wire
from .queries import Reader
from .values import FolderRef

type Mask = NDArray[np.bool_]

DAY = 86400
BODY_BATCH = 200
TEXT_LIMIT = 4 * 2**20
"""Of one message, so much text is searched."""


async def search(reader: Reader, view: View, key: tree.Key) -> Selection:
    """Return the messages of a view that a key holds for; those it names that are gone are not among them."""
    everything = view.select([(1, 2**32 - 1)], by_uid=True)
    assert everything is not None
    found = await _Search(reader, view, everything).holds(key, np.ones(everything.uids.size, bool))
    return Selection(everything.numbers[found], everything.uids[found], everything.rows[found])


def fold(text: str) -> str:
    """Return a text as it is compared: without regard to case, white space as one space."""
    return " ".join(text.casefold().split())


class _Search:
    """One search over the messages of one view; masks are over these messages."""

    def __init__(self, reader: Reader, view: View, everything: Selection) -> None:
        self.reader = reader
        self.view = view
        self.state: FolderState = view.state
        self.ref = FolderRef(self.state.mailbox_id, self.state.folder_id)
        self.numbers, self.uids = everything.numbers, everything.uids
        self.flags = view.flags(everything)
        self.modseqs = self.state.modseqs[everything.rows]

    async def holds(self, key: tree.Key, among: Mask) -> Mask:
        """Return which of the messages `among` a key holds for."""
        if not among.any():
            return among
        match key:
            case tree.All():
                return among
            case tree.And(keys):
                for each in sorted(keys, key=_cost):
                    among = await self.holds(each, among)
                return among
            case tree.Or(left, right):
                first, second = sorted((left, right), key=_cost)
                found = await self.holds(first, among)
                return found | await self.holds(second, among & ~found)
            case tree.Not(inner):
                return among & ~(await self.holds(inner, among))
            case tree.HasFlag(flag):
                return among & self._has_flag(flag)
            case tree.Recent():
                recent: Mask = (self.flags & np.uint64(RECENT)) != 0
                return among & recent
            case tree.Numbers(sequence):
                return among & _within(self.numbers, sequence, self.view.largest(by_uid=False))
            case tree.Uids(sequence):
                return among & _within(self.uids, sequence, self.view.largest(by_uid=True))
            case tree.ModSeq(least):
                late: Mask = self.modseqs >= np.uint64(min(least, 2**63))
                return among & late
            case tree.Larger(size):
                return await self._by_index(among, lambda pack, rows: pack.sizes[rows] > size)
            case tree.Smaller(size):
                return await self._by_index(among, lambda pack, rows: pack.sizes[rows] < size)
            case tree.Received(when, day):
                return await self._by_index(among, lambda pack, rows: _on(pack.dates[rows], when, day))
            case tree.Sent(when, day):
                return await self._sent(among, when, day)
            case tree.Header(name, value):
                if _in_envelope(name, value):
                    return await self._by_envelope(among, name, fold(value))
                return await self._by_text(among, field_holds(name, fold(value)))
            case tree.HasAttachment():
                return await self._by_structure(among, lambda text: bool(filenames(text)))
            case tree.Filename(value):
                wanted = fold(value)
                return await self._by_structure(
                    among, lambda text: any(wanted in fold(name) for name in filenames(text))
                )
            case tree.Body(value):
                return await self._by_text(among, body_holds(fold(value)))
            case tree.Text(value):
                return await self._by_text(among, text_holds(fold(value)))
        assert_never(key)

    def _has_flag(self, flag: str) -> Mask:
        low = flag.lower()
        for bit, name in enumerate(self.state.names):
            if name is not None and name.lower() == low:
                there: Mask = (self.flags & np.uint64(1 << bit)) != 0
                return there
        named = [uid for uid, names in self.state.more.items() if low in names]
        return np.isin(self.uids, np.array(named, np.uint32))

    async def _by_index(self, among: Mask, test: Callable[[Pack, NDArray[np.intp]], Mask]) -> Mask:
        found = np.zeros(among.size, bool)
        async for pack, rows in self.reader.packs(self.ref, self.uids[among], texts=False):
            self._mark(found, pack.uids[rows][test(pack, rows)])
        return found

    def _mark(self, found: Mask, uids: Uids) -> None:
        found[np.searchsorted(self.uids, uids)] = True

    async def _sent(self, among: Mask, when: When, day: dt.date) -> Mask:
        """Compare the Date header's day as its sender wrote it: what is near midnight is read again."""
        found, near = np.zeros(among.size, bool), np.zeros(among.size, bool)
        midnight = _midnight(day)
        async for pack, rows in self.reader.packs(self.ref, self.uids[among], texts=False):
            sent, uids = pack.sent[rows], pack.uids[rows]
            close = (sent > midnight - DAY) & (sent < midnight + 2 * DAY)
            self._mark(near, uids[close])
            self._mark(found, uids[~close & (sent != NO_DATE) & _on(sent, when, day)])
        if near.any():
            async for uids, texts in self._envelopes(near):
                days = [envelope.written_day((envelope.field(text, "date") or "").encode()) for text in texts]
                fits = [day_ is not None and _compare(day_, when, day) for day_ in days]
                self._mark(found, uids[np.array(fits, bool)])
        return found

    async def _by_envelope(self, among: Mask, name: str, value: str) -> Mask:
        found = np.zeros(among.size, bool)
        words = words_of(value)
        async for uids, texts in self._envelopes(among):
            fits = [
                envelope.may_hold(text, name, words) and value in fold(envelope.field(text, name) or "")
                for text in texts
            ]
            self._mark(found, uids[np.array(fits, bool)])
        return found

    async def _by_structure(self, among: Mask, test: Callable[[bytes], bool]) -> Mask:
        found = np.zeros(among.size, bool)
        async for part in self.reader.fetch(self.ref, self.uids[among], Wire.STRUCTURE):
            self._mark(found, part.uids[np.array([test(text) for text in part.texts], bool)])
        return found

    async def _envelopes(self, among: Mask) -> AsyncIterator[tuple[Uids, list[bytes]]]:
        async for part in self.reader.fetch(self.ref, self.uids[among], Wire.ENVELOPE):
            # ENVELOPE and a space stand before it.
            yield part.uids, [text[9:] for text in part.texts]

    async def _by_text(self, among: Mask, test: Callable[[bytes], bool]) -> Mask:
        """Read messages and test each; the work is a thread's, for a large message takes long."""
        found: list[int] = []
        wanted = self.uids[among]
        for first in range(0, wanted.size, min(BODY_BATCH, PACK_SIZE)):
            async for located in self.reader.located(self.ref, wanted[first : first + BODY_BATCH]):
                batch: list[tuple[int, bytes]] = []
                async for each, data in self.reader.bodies(located):
                    batch.append((each.uid, data))
                    if sum(len(data) for _, data in batch) > 4 * 2**20:
                        found += await asyncio.to_thread(_tested, batch, test)
                        batch = []
                found += await asyncio.to_thread(_tested, batch, test)
        mask = np.zeros(among.size, bool)
        self._mark(mask, np.array(found, np.uint32))
        return mask


def _tested(batch: Sequence[tuple[int, bytes]], test: Callable[[bytes], bool]) -> list[int]:
    return [uid for uid, data in batch if test(data)]


def _cost(key: tree.Key) -> int:
    match key:
        case tree.Text() | tree.Body():
            return 4
        case tree.Header(name, value):
            return 2 if _in_envelope(name, value) else 3
        case tree.HasAttachment() | tree.Filename():
            return 2
        case tree.Received() | tree.Sent() | tree.Larger() | tree.Smaller():
            return 1
        case tree.And(keys):
            return max(map(_cost, keys))
        case tree.Or(left, right):
            return max(_cost(left), _cost(right))
        case tree.Not(inner):
            return _cost(inner)
    return 0


def _in_envelope(name: str, value: str) -> bool:
    """Whether the envelope answers: not whether a field of addresses exists, for it may hold none."""
    return name in envelope.TEXTS or (name in envelope.ADDRESSES and bool(value))


def words_of(value: str) -> list[bytes]:
    """Return the words of what is looked for, for which bytes can be looked through before they are decoded."""
    return [word.encode() for word in re.split(r"[^0-9a-z]+", value) if word] if value.isascii() else []


def _within(values: Uids, sequence: SequenceSet, largest: int) -> Mask:
    mask = np.zeros(values.size, bool)
    for low, high in sequence.resolve(largest):
        mask[place_of(values, low) : place_of(values, high + 1)] = True
    return mask


def _midnight(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days * DAY


def _on(seconds: NDArray[np.int64], when: When, day: dt.date) -> Mask:
    midnight = _midnight(day)
    match when:
        case When.BEFORE:
            return seconds < midnight
        case When.SINCE:
            return seconds >= midnight
        case When.ON:
            return (seconds >= midnight) & (seconds < midnight + DAY)
    assert_never(when)


def _compare(written: dt.date, when: When, day: dt.date) -> bool:
    match when:
        case When.BEFORE:
            return written < day
        case When.SINCE:
            return written >= day
        case When.ON:
            return written == day
    assert_never(when)


def field_holds(name: str, value: str) -> Callable[[bytes], bool]:
    """Return what finds a folded text in a header field of a whole message."""
    wanted = name.encode("utf-8", "replace")

    def test(data: bytes) -> bool:
        return any(
            found.lower() == wanted and value in fold(decode_words(unfold(text)))
            for found, text in fields(data[: header_end(data)])
        )

    return test


_MUST_BE_DECODED = re.compile(
    rb"=\?|base64|quoted-printable|html|\x1b|charset\*|charset\s*+=\s*+\"?(?!us-ascii|utf-8|iso-8859-|windows-125)"
)


def body_holds(value: str) -> Callable[[bytes], bool]:
    """Return what finds a folded text in the text of a message."""
    words = words_of(value)

    def test(data: bytes) -> bool:
        if words and data.isascii():
            low = data.lower()
            if not all(word in low for word in words) and not _MUST_BE_DECODED.search(low):
                return False
        return value in fold(scan(data, text_limit=TEXT_LIMIT).text)

    return test


def text_holds(value: str) -> Callable[[bytes], bool]:
    """Return what finds a folded text in the header or the text of a message."""
    body = body_holds(value)

    def test(data: bytes) -> bool:
        headers = (
            f"{name.decode('ascii', 'replace')}: {decode_words(unfold(text))}"
            for name, text in fields(data[: header_end(data)])
        )
        return any(value in fold(header) for header in headers) or body(data)

    return test
