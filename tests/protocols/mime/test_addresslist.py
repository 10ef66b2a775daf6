"""Addresses come out of a field as IMAP tells them, whatever people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.addresslist import GROUP_END, LIMIT, Mailbox, parse_addresses, spec_text

from .strategies import soup


def one(name: bytes | None, local: bytes, host: bytes, route: bytes | None = None) -> Mailbox:
    return Mailbox(name, route, local, host)


ALICE = one(None, b"alice", b"example.test")
CASES: dict[bytes, list[Mailbox]] = {
    b'"\\" @ 0" <alice@example.test>': [one(b'" @ 0', b"alice", b"example.test")],
    b"bob @ home <alice@example.test>": [one(b"bob@home", b"alice", b"example.test")],
    b"": [],
    b" , ,": [],
    b"alice@example.test": [ALICE],
    b"<alice@example.test>": [ALICE],
    b"alice@example.test, ,alice@example.test": [ALICE, ALICE],
    b"Alice Example <alice@example.test>": [one(b"Alice Example", b"alice", b"example.test")],
    b'"Example, Alice" <alice@example.test>': [one(b"Example, Alice", b"alice", b"example.test")],
    b'"A \\"B\\" C"<alice@example.test>': [one(b'A "B" C', b"alice", b"example.test")],
    b"J. R. Doe <alice@example.test>": [one(b"J. R. Doe", b"alice", b"example.test")],
    b"alice@example.test (Alice (really))": [one(b"Alice (really)", b"alice", b"example.test")],
    b"Alice (no) <alice@example.test>": [one(b"Alice", b"alice", b"example.test")],
    b"=?utf-8?q?Al=C3=AFce?= <alice@example.test>": [one(b"=?utf-8?q?Al=C3=AFce?=", b"alice", b"example.test")],
    b'"a b"@example.test': [one(None, b"a b", b"example.test")],
    b"a . b @ example . test": [one(None, b"a.b", b"example.test")],
    b"alice@[192.0.2.1]": [one(None, b"alice", b"[192.0.2.1]")],
    b"<@a.test,@b.test:alice@example.test>": [one(None, b"alice", b"example.test", b"@a.test,@b.test")],
    b"alice": [one(None, b"alice", b"")],
    b"Alice Example": [one(b"Alice Example", b"", b"")],
    b"Alice <>": [one(b"Alice", b"", b"")],
    b"Alice alice@example.test": [one(b"Alice", b"alice", b"example.test")],
    b"alice@example.test <alice@example.test>": [one(b"alice@example.test", b"alice", b"example.test")],
    b"undisclosed-recipients:;": [Mailbox(None, None, b"undisclosed-recipients", None), GROUP_END],
    b"all: alice@example.test, A <a@b>; alice@example.test": [
        Mailbox(None, None, b"all", None), ALICE, one(b"A", b"a", b"b"), GROUP_END, ALICE,
    ],
    b"all: alice@example.test": [Mailbox(None, None, b"all", None), ALICE, GROUP_END],
    b"a@b@example.test": [one(None, b"a@b", b"example.test")],
    b"<alice@example.test": [ALICE],
    b"<alice@example.test, a@b": [ALICE, one(None, b"a", b"b")],
    b'"alice@example.test': [one(None, b"alice@example.test", b"")],
    b"(((": [],
    b"@": [one(None, b"", b"")],
    "Jürgen <jürgen@exämple.test>".encode(): [one("Jürgen".encode(), "jürgen".encode(), "exämple.test".encode())],
}  # fmt: skip


@pytest.mark.parametrize("value", CASES)
def test_cases(value: bytes) -> None:
    assert parse_addresses(value) == CASES[value]


def test_an_address_as_text() -> None:
    assert spec_text(ALICE) == "alice@example.test"
    assert spec_text(one(None, b'a "b"', b"c")) == '"a \\"b\\""@c'
    assert spec_text(one(None, b"alice", b"")) == "alice"
    assert spec_text(one(b"Alice", b"", b"")) == ""


def test_so_many_and_no_more() -> None:
    assert len(parse_addresses(b"a@b," * 10_000)) == LIMIT
    assert len(parse_addresses(b'"a"@b,' * 10_000)) == LIMIT


@given(soup | st.binary(max_size=100))
def test_anything_is_read(value: bytes) -> None:
    for mailbox in parse_addresses(value):
        spec_text(mailbox).encode()
        assert mailbox.host is not None or mailbox.name is None


atoms = st.text(st.sampled_from("abc019!#-_"), min_size=1, max_size=8).map(str.encode)
names = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=12).map(
    lambda text: " ".join(text.split()).encode()
)


@given(st.lists(st.tuples(names, atoms, atoms), max_size=5))
def test_what_is_written_is_read(people: list[tuple[bytes, bytes, bytes]]) -> None:
    def quoted(name: bytes) -> bytes:
        return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    field = b", ".join(b"%b <%b@%b>" % (quoted(name), local, host) for name, local, host in people)
    assert parse_addresses(field) == [one(name or None, local, host) for name, local, host in people]
