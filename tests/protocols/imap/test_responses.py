"""Values become the bytes RFC 3501 and its extensions ask for."""

import re

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from apps.protocols.imap.folder import expand, places_of
from apps.protocols.imap.responses import (
    SYSTEM_FLAGS,
    FlagTable,
    append_uid,
    astring,
    copy_uid,
    esearch_line,
    fetch_line,
    flags_lines,
    heads,
    list_line,
    numbers,
    quoted,
    search_line,
    status_line,
    wire_lines,
)

NAMES = (*SYSTEM_FLAGS, None, None, "$Junk", "50%d")


def u4(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    return np.array(values, np.uint32)


def u8(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return np.array(values, np.uint64)


def test_flags_are_named() -> None:
    table = FlagTable(NAMES)
    assert table[0] == b""
    assert table[0b1_0000_0011] == b"\\Seen \\Answered $Junk"
    assert table.applicable() == b"\\Seen \\Answered \\Flagged \\Deleted \\Draft $Junk 50%d"


def test_the_memo_is_bounded() -> None:
    table = FlagTable(NAMES)
    for bits in range(10_000):
        table[bits]
    assert len(table) <= 4096


def test_flags_of_many() -> None:
    table = FlagTable(NAMES)
    assert flags_lines(u4(1, 2), u8(1, 512), table, uids=u4(7, 9)) == (
        b"* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n* 2 FETCH (UID 9 FLAGS (50%d))\r\n"
    )
    assert flags_lines(u4(1), u8(0), table, modseqs=u8(2**62)) == (
        b"* 1 FETCH (FLAGS () MODSEQ (4611686018427387904))\r\n"
    )
    assert flags_lines(u4(), u8(), table) == b""


def test_keywords_without_a_bit_are_named_too() -> None:
    line = flags_lines(u4(1, 2), u8(1, 0), FlagTable(), uids=u4(7, 9), more={0: "100% b", 1: "c"})
    assert line == b"* 1 FETCH (UID 7 FLAGS (\\Seen 100% b))\r\n* 2 FETCH (UID 9 FLAGS (c))\r\n"
    assert heads(FlagTable(), uids=None, flags=u8(1, 0), more={1: "c"}) == [b"FLAGS (\\Seen)", b"FLAGS (c)"]
    assert places_of({9: ("c", "d")}, u4(7, 9)) == {1: "c d"}


@given(st.integers(0, 2500), st.integers(0, 31))
def test_slices_do_not_show(count: int, bits: int) -> None:
    data = flags_lines(expand([(1, count)]) if count else u4(), np.full(count, bits, np.uint64), FlagTable())
    assert [int(match[1]) for match in re.finditer(rb"^\* (\d+) FETCH", data, re.MULTILINE)] == list(
        range(1, count + 1)
    )


def test_wires_follow_their_heads() -> None:
    table = FlagTable()
    made = heads(table, uids=u4(5, 6), flags=u8(1, 0))
    assert made == [b"UID 5 FLAGS (\\Seen)", b"UID 6 FLAGS ()"]
    assert wire_lines([1, 2], [b"A 1", b"A 2"], heads=made) == (
        b"* 1 FETCH (UID 5 FLAGS (\\Seen) A 1)\r\n* 2 FETCH (UID 6 FLAGS () A 2)\r\n"
    )
    assert wire_lines([3], [b"A 1"]) == b"* 3 FETCH (A 1)\r\n"
    assert heads(table, uids=None, flags=u8(1), modseqs=u8(9)) == [b"FLAGS (\\Seen) MODSEQ (9)"]
    assert fetch_line(4, [b"UID 9", b"BODY[] NIL"]) == b"* 4 FETCH (UID 9 BODY[] NIL)\r\n"


def test_strings() -> None:
    assert quoted('a "b" \\') == b'"a \\"b\\" \\\\"'
    assert quoted("Grüße") == b"{7}\r\nGr\xc3\xbc\xc3\x9fe"
    assert quoted("a\r\nb") == b"{4}\r\na\r\nb"
    assert astring(b"INBOX") == b"INBOX"
    assert astring(b"Sent Mail") == b'"Sent Mail"'
    assert astring(b"") == b'""'
    assert astring(b"nil") == b'"nil"'
    assert astring(b"a[1]") == b'"a[1]"'


@given(st.text(max_size=30))
def test_a_string_can_be_read_back(value: str) -> None:
    data, raw = quoted(value), value.encode()
    if data.startswith(b"{"):
        assert data == b"{%d}\r\n%b" % (len(raw), raw)
    else:
        assert re.sub(rb"\\(.)", rb"\1", data[1:-1]) == raw
        assert b"\n" not in data


@given(st.sets(st.integers(1, 60)))
def test_numbers_can_be_read_back(values: set[int]) -> None:
    data = numbers(sorted(values))
    pairs = [tuple(map(int, (item.split(b":") * 2)[:2])) for item in data.split(b",")] if data else []
    assert {value for low, high in pairs for value in range(low, high + 1)} == values


def test_numbers() -> None:
    assert numbers(u4(1, 2, 3, 5, 9, 10)) == b"1:3,5,9:10"


def test_lists_and_status() -> None:
    assert list_line(["\\HasNoChildren", "\\Sent"], b"Sent Mail") == (
        b'* LIST (\\HasNoChildren \\Sent) "/" "Sent Mail"\r\n'
    )
    assert list_line([], b"&AOk-", verb=b"LSUB") == b'* LSUB () "/" &AOk-\r\n'
    assert (
        status_line(b"INBOX", [("MESSAGES", 3), ("UNSEEN", 1)]) == b"* STATUS INBOX (MESSAGES 3 UNSEEN 1)\r\n"
    )


def test_search() -> None:
    assert search_line(u4()) == b"* SEARCH\r\n"
    assert search_line(u4(1, 5)) == b"* SEARCH 1 5\r\n"
    assert search_line(u4(1, 5), modseq=9) == b"* SEARCH 1 5 (MODSEQ 9)\r\n"


def test_esearch() -> None:
    found = u4(2, 3, 9)
    assert esearch_line(b"A1", found, ["MIN", "COUNT", "MAX"], by_uid=True) == (
        b'* ESEARCH (TAG "A1") UID MIN 2 MAX 9 COUNT 3\r\n'
    )
    assert esearch_line(b"A1", found, [], by_uid=False) == b'* ESEARCH (TAG "A1") ALL 2:3,9\r\n'
    assert esearch_line(b"A1", u4(), ["MIN", "COUNT"], by_uid=False) == b'* ESEARCH (TAG "A1") COUNT 0\r\n'


def test_uidplus() -> None:
    assert append_uid(38505, [(3955, 3955)]) == b"APPENDUID 38505 3955"
    assert copy_uid(38505, u4(304, 319, 320), u4(3956, 3957, 3958)) == b"COPYUID 38505 304,319:320 3956:3958"
