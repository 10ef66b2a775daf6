"""Values as the bytes a client reads (RFC 3501 7 and 9, RFC 4315, RFC 4731, RFC 7162).

Lists of a hundred thousand messages are made here, so the functions for many messages take arrays and fill one
template for each slice; a line costs about a tenth of a microsecond.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .folder import NO_MORE, Bits, Uids, as_ranges
from .view import Exists, Expunged, FlagsChanged, ModSeqChanged, Owed

SLICE = 1000
"""Messages formatted at once; a listener may do other things between two slices."""

_MEMO = 4096
SYSTEM_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent")
_SPECIAL = frozenset(b'(){ %*"\\]')


class FlagTable(dict[int, bytes]):
    r"""The flags of a mailbox as a client reads them, each combination made once: [3] is `\Seen \Answered`."""

    def __init__(self, names: Sequence[str | None] = ()) -> None:
        super().__init__()
        self.names = (*SYSTEM_FLAGS, *names[len(SYSTEM_FLAGS) :])

    def __missing__(self, bits: int) -> bytes:
        if len(self) >= _MEMO:
            self.clear()
        line = " ".join(name for bit, name in enumerate(self.names) if name and bits >> bit & 1).encode()
        self[bits] = line
        return line

    def line(self, bits: int, more: str) -> bytes:
        """Return the names of these bits, and more names."""
        return b" ".join(filter(None, (self[bits], more.encode())))

    def applicable(self) -> bytes:
        r"""Return the names for `* FLAGS (...)`; \Recent is no client's to set, and not among them."""
        return " ".join(name for name in self.names if name and name != "\\Recent").encode()


@functools.lru_cache(maxsize=1024)
def flag_table(names: tuple[str | None, ...]) -> FlagTable:
    """Return the one table of these names, shared by all who look at folders of a mailbox."""
    return FlagTable(names)


def quoted(value: str | bytes) -> bytes:
    """Return a string as an atom's quoted form, or as a literal where a quoted string may not hold it."""
    data = value.encode() if isinstance(value, str) else value
    if len(data) > 1000 or any(byte < 32 or byte > 126 for byte in data):
        return b"{%d}\r\n%b" % (len(data), data)
    return b'"%b"' % data.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def astring(value: bytes) -> bytes:
    """Return a name as an atom where that is allowed, else quoted."""
    plain = value and all(32 < byte < 127 and byte not in _SPECIAL for byte in value)
    return value if plain and value.upper() != b"NIL" else quoted(value)


def numbers(values: Iterable[int] | NDArray[Any]) -> bytes:
    """Return ascending numbers as a set: `1:3,5`."""
    array = values if isinstance(values, np.ndarray) else np.fromiter(values, np.int64)
    return ranges(as_ranges(array))


def ranges(pairs: Iterable[tuple[int, int]]) -> bytes:
    """Return ranges as they are written: `1:3,5`."""
    return b",".join([b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in pairs])


def flags_lines(
    numbers: Uids,
    flags: Bits,
    table: FlagTable,
    *,
    uids: Uids | None = None,
    modseqs: Bits | None = None,
    more: Mapping[int, str] = NO_MORE,
) -> bytes:
    """Return `* n FETCH (UID u FLAGS (...) MODSEQ (m))` of many messages; UID and MODSEQ where given.

    `more` are keywords without a bit, by place (`folder.places_of`).
    """
    head = b"* %d FETCH (" if uids is None else b"* %d FETCH (UID %d "
    tail = b"))\r\n" if modseqs is None else b") MODSEQ (%d))\r\n"
    # The names are part of the template, so a percent sign in one must be doubled.
    templates = _Templates(table, head + b"FLAGS (", tail)
    columns: list[NDArray[Any]] = [numbers]
    columns += [column for column in (uids, modseqs) if column is not None]
    words = list(map(templates.__getitem__, flags.tolist()))
    for place, names in more.items():
        words[place] = head + b"FLAGS (" + table.line(int(flags[place]), names).replace(b"%", b"%%") + tail
    lines = []
    for first in range(0, len(words), SLICE):
        end = first + SLICE
        values = chain.from_iterable(zip(*(column[first:end].tolist() for column in columns), strict=True))
        lines.append(b"".join(words[first:end]) % tuple(values))
    return b"".join(lines)


class _Templates(dict[int, bytes]):
    def __init__(self, table: FlagTable, head: bytes, tail: bytes) -> None:
        super().__init__()
        self._table, self._head, self._tail = table, head, tail

    def __missing__(self, bits: int) -> bytes:
        self[bits] = template = self._head + self._table[bits].replace(b"%", b"%%") + self._tail
        return template


def fetch_line(number: int, items: Iterable[bytes]) -> bytes:
    """Return one FETCH response of ready-made items."""
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))


def wire_lines(
    numbers: Sequence[int], wires: Sequence[bytes], *, heads: Sequence[bytes] | None = None
) -> bytes:
    """Return FETCH responses that each hold one ready-made text, with `heads` (UID, FLAGS) before it."""
    if heads is None:
        return b"".join([b"* %d FETCH (%b)\r\n" % pair for pair in zip(numbers, wires, strict=True)])
    return b"".join([b"* %d FETCH (%b %b)\r\n" % each for each in zip(numbers, heads, wires, strict=True)])


def heads(
    table: FlagTable,
    *,
    uids: Uids | None,
    flags: Bits | None,
    modseqs: Bits | None = None,
    more: Mapping[int, str] = NO_MORE,
) -> list[bytes]:
    """Return `UID u FLAGS (...) MODSEQ (m)` of many messages, of those columns that are given.

    `more` are keywords without a bit, by place (`folder.places_of`).
    """
    columns: list[list[Any]] = []
    words = []
    if uids is not None:
        words.append(b"UID %d")
        columns.append(uids.tolist())
    if flags is not None:
        words.append(b"FLAGS (%b)")
        lines = list(map(table.__getitem__, flags.tolist()))
        for place, names in more.items():
            lines[place] = table.line(int(flags[place]), names)
        columns.append(lines)
    if modseqs is not None:
        words.append(b"MODSEQ (%d)")
        columns.append(modseqs.tolist())
    template = b" ".join(words)
    return [template % row for row in zip(*columns, strict=True)]


def untagged(
    owed: Sequence[Owed], table: FlagTable, *, with_uid: bool, with_modseq: bool, vanished: bool = False
) -> bytes:
    """Return what a view owes its client.

    FETCH carries UID for UID commands (RFC 3501 6.4.8), MODSEQ once CONDSTORE is enabled (RFC 7162 3.2.4);
    expunged messages are VANISHED once QRESYNC is (RFC 7162 3.2.10).
    """
    out = []
    for item in owed:
        match item:
            case Expunged():
                if vanished:
                    out.append(b"* VANISHED %b\r\n" % numbers(item.uids))
                else:
                    out += [b"* %d EXPUNGE\r\n" % number for number in item.numbers]
            case Exists():
                out.append(b"* %d EXISTS\r\n* %d RECENT\r\n" % (item.messages, item.recent))
            case FlagsChanged():
                uids = item.uids if with_uid else None
                modseqs = item.modseqs if with_modseq else None
                more = item.more
                out.append(
                    flags_lines(item.numbers, item.flags, table, uids=uids, modseqs=modseqs, more=more)
                )
            case ModSeqChanged():
                if with_modseq:
                    out.append(_modseq_lines(item, with_uid=with_uid))
    return b"".join(out)


def _modseq_lines(item: ModSeqChanged, *, with_uid: bool) -> bytes:
    rows = zip(item.numbers.tolist(), item.uids.tolist(), item.modseqs.tolist(), strict=True)
    if with_uid:
        return b"".join([b"* %d FETCH (UID %d MODSEQ (%d))\r\n" % row for row in rows])
    return b"".join([b"* %d FETCH (MODSEQ (%d))\r\n" % (number, modseq) for number, _, modseq in rows])


def list_line(
    attributes: Iterable[str],
    name: bytes,
    *,
    delimiter: str = "/",
    verb: bytes = b"LIST",
    extended: bytes = b"",
) -> bytes:
    """Return a LIST or LSUB response; `name` is in modified UTF-7, or UTF-8 once the client asked for it."""
    words = " ".join(attributes).encode()
    tail = b" (%b)" % extended if extended else b""
    return b'* %b (%b) "%b" %b%b\r\n' % (verb, words, delimiter.encode(), astring(name), tail)


def status_line(name: bytes, items: Sequence[tuple[str, int | str]]) -> bytes:
    """Return a STATUS response; `items` are names with values, in the order asked for."""
    words = b" ".join([f"{item} {value}".encode() for item, value in items])
    return b"* STATUS %b (%b)\r\n" % (astring(name), words)


def search_line(found: NDArray[Any], *, modseq: int | None = None) -> bytes:
    """Return a SEARCH response with every number; with `modseq` where the client searched by it."""
    words = (b"%d " * found.size % tuple(found.tolist()))[:-1]
    tail = b"" if modseq is None or not found.size else b" (MODSEQ %d)" % modseq
    return b"* SEARCH%b%b%b\r\n" % (b" " if found.size else b"", words, tail)


def esearch_line(
    tag: bytes, found: NDArray[Any], options: Iterable[str], *, by_uid: bool, modseq: int | None = None
) -> bytes:
    """Return an ESEARCH response (RFC 4731 3.1): MIN, MAX and ALL are left out when nothing was found."""
    words = [b"* ESEARCH (TAG %b)" % quoted(tag)]
    if by_uid:
        words.append(b"UID")
    asked = {option.upper() for option in options} or {"ALL"}
    if found.size:
        if "MIN" in asked:
            words.append(b"MIN %d" % int(found.min()))
        if "MAX" in asked:
            words.append(b"MAX %d" % int(found.max()))
        if "ALL" in asked:
            words.append(b"ALL " + numbers(found))
    if "COUNT" in asked:
        words.append(b"COUNT %d" % found.size)
    if modseq is not None and found.size:
        words.append(b"MODSEQ %d" % modseq)
    return b" ".join(words) + b"\r\n"


def append_uid(uidvalidity: int, uids: Sequence[tuple[int, int]]) -> bytes:
    """Return the response code of an APPEND (RFC 4315 3)."""
    return b"APPENDUID %d %b" % (uidvalidity, ranges(uids))


def copy_uid(uidvalidity: int, old: NDArray[Any], new: NDArray[Any]) -> bytes:
    """Return the response code of a COPY or MOVE (RFC 4315 3): the nth old uid became the nth new one."""
    return b"COPYUID %d %b %b" % (uidvalidity, numbers(old), numbers(new))
