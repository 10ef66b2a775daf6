"""Columns are recognised, and each fault of a row is told in words."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.mailflow.roster.columns import Field, body, guess, heads, recognise
from apps.mailflow.roster.rows import Fault, Kind, Row, read_rows
from apps.protocols.tables import TableError, read_table

HEAD = "address;kind;name;password;hash;quota;owner;targets;language"


def rows(*lines: str, head: str = HEAD) -> list[Row | Fault]:
    table = read_table("\n".join([head, *lines]).encode())
    return read_rows(body(table), guess(table))


def fault(line: str) -> str:
    [found] = rows(line)
    assert isinstance(found, Fault)
    assert found.line == 2
    return found.text


def test_it_works() -> None:
    assert rows(
        "Alice@Example.test;;Alice;correct horse battery;;2 GB;;;de",
        "info@example.test;shared;;;;none",
        "sales@example.test;;;;;;;a@far.example b@far.example",
        "carol@example.test;user",
        "second@example.test;mailbox;;;;;alice@example.test",
    ) == [
        Row(2, Kind.MAILBOX, "alice@example.test", "Alice", "correct horse battery", None, 2 * 1024**3,
            language="de"),
        Row(3, Kind.SHARED, "info@example.test", quota_bytes=0),
        Row(4, Kind.ALIAS, "sales@example.test", targets=("a@far.example", "b@far.example")),
        Row(5, Kind.USER, "carol@example.test"),
        Row(6, Kind.MAILBOX, "second@example.test", owner="alice@example.test"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("E-Mail-Adresse", Field.ADDRESS),
        ("Email Address", Field.ADDRESS),
        ("Postfach", Field.ADDRESS),
        ("Full name", Field.NAME),
        ("Größe", Field.QUOTA),
        ("Groesse", Field.QUOTA),
        ("KENNWORT", Field.PASSWORD),
        ("Password hash", Field.PASSWORD_HASH),
        ("Art", Field.KIND),
        ("Eigentümer", Field.OWNER),
        ("Weiterleitung an", Field.TARGETS),
        ("Sprache", Field.LANGUAGE),
        ("Telefon", None),
        ("", None),
    ],
)
def test_heads_are_known_in_english_and_german(head: str, field: Field | None) -> None:
    assert recognise(head) is field


def test_a_table_without_a_head_has_its_address_found() -> None:
    table = read_table(b"Alice;alice@example.test\nBob;bob@example.test\n")
    assert heads(table) == ["", ""]
    assert guess(table) == {Field.ADDRESS: 1}
    assert len(body(table)) == 2


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (";;Alice", "missing"),
        ("nobody;;Alice", "“nobody” is no address"),
        ('"""a b""@example.test"', "need quotes"),
        ("a+b@example.test", "a tag"),
        ("a@example.test;robot", "“robot” is no kind"),
        ("a@example.test;alias", "must point somewhere"),
        ("a@example.test;user;;;;;;b@far.example", "Only an alias points"),
        ("a@example.test;;;;;;;not an address", "where it points to, is no address"),
        ("a@example.test;;;;;plenty", "“plenty” is no size"),
        ("a@example.test;;;;;9999999999999999 TB", "is no size"),
        ("a@example.test;;;;;999999999999999 TB", "No mailbox is that large"),
        ("a@example.test;;;short", "too short"),
        ("a@example.test;;;" + "x" * 1025, "too long"),
        ("averylongaddress@example.test;;;averylongaddress@example.test", "is the address it belongs to"),
        ("a@example.test;;;;{NONSENSE}x", "no scheme we know"),
        ("a@example.test;;;correct horse battery;{PLAIN-MD5}x", "not both"),
        ("a@example.test;shared;;correct horse battery", "makes a user"),
        ("a@example.test;;;correct horse battery;;;b@example.test", "makes a user"),
        ("a@example.test;shared;;;;;;;de", "makes a user"),
        ("a@example.test;shared;;;;;b@example.test", "Only a mailbox has an owner"),
        ("a@example.test;;;;;;nobody", "“nobody”, the owner, is no address"),
        ("a@example.test;user;;;;2 GB", "Only a mailbox has room"),
        ("a@example.test;;;;;;;;tlh", "no language we speak"),
        ("a@example.test;;" + "x" * 201, "A name has 200 characters at most"),
        ("a@example.test;;A\x1b[31mB", "never shown"),
        ('a@example.test;;"A\nB"', "more than one line"),
        ("a@example.test;alias;;;;;;" + " ".join(f"x{n}@far.example" for n in range(1001)), "at most"),
    ],
)
def test_a_fault_is_told(line: str, text: str) -> None:
    assert text in fault(line)


def test_an_address_twice_is_the_fault_of_the_second() -> None:
    one, two, three = rows("a@example.test", "A@EXAMPLE.test;alias;;;;;;x@far.example", "b@example.test")
    assert isinstance(one, Row)
    assert two == Fault(3, "a@example.test", "The same address is in line 2 already.")
    assert isinstance(three, Row)


def test_a_fault_shows_no_more_of_what_was_written_than_helps() -> None:
    [found] = rows("x" * 300 + "\x1b")
    assert isinstance(found, Fault)
    assert len(found.address) == 120
    assert found.address.isprintable()


def test_german_words_for_kinds_and_sizes() -> None:
    with translation.override("de"):
        [one, two] = rows("a@example.test;Postfach;;;;1,5 GB", "b@example.test;Gemeinsames Postfach;;;;keine")
    assert isinstance(one, Row)
    assert (one.kind, one.quota_bytes) == (Kind.MAILBOX, 3 * 512 * 1024**2)
    assert isinstance(two, Row)
    assert (two.kind, two.quota_bytes) == (Kind.SHARED, 0)


def test_a_password_is_not_shown_by_accident() -> None:
    [found] = rows("a@example.test;;;correct horse battery")
    assert "horse" not in repr(found)


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=9), min_size=1, max_size=5))
def test_any_rows_are_read_or_told(lines: list[list[str]]) -> None:
    text = "\n".join([HEAD, *(";".join(cells) for cells in lines)])
    try:
        table = read_table(text.encode("utf-8", "replace"))
    except TableError:
        return
    found = read_rows(body(table), guess(table))
    assert [one.line for one in found] == [record.line for record in body(table)]
