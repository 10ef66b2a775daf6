"""What people type into the search box."""

import datetime as dt

import hypothesis.strategies as st
import pytest
from hypothesis import given

from apps.protocols.imap.search import (
    All,
    And,
    Body,
    Filename,
    HasAttachment,
    HasFlag,
    Header,
    Key,
    Larger,
    Not,
    Numbers,
    Or,
    Received,
    Smaller,
    Text,
    When,
)
from apps.protocols.imap.sequence import SequenceSet
from apps.protocols.imap.structure import filenames
from apps.protocols.searching import Note, Search, Why, parse, write

TODAY = dt.date(2026, 11, 24)
UNREAD = Not(HasFlag("\\Seen"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", All()),
        ("invoice", Text("invoice")),
        ("invoice 2041", And((Text("invoice"), Text("2041")))),
        ('"invoice 2041"', Text("invoice 2041")),
        ('"never closed', Text("never closed")),
        ("from:ana", Header("from", "ana")),
        ('FROM:"Ana Roth"', Header("from", "Ana Roth")),
        ("to:a cc:b bcc:c", And((Header("to", "a"), Header("cc", "b"), Header("bcc", "c")))),
        ("subject:bill body:sum", And((Header("subject", "bill"), Body("sum")))),
        ("list:dev.example.test", Header("list-id", "dev.example.test")),
        ("label:Finance", HasFlag("Finance")),
        ("is:unread", UNREAD),
        ("is:READ", HasFlag("\\Seen")),
        ("is:starred", HasFlag("\\Flagged")),
        ("has:attachment", HasAttachment()),
        ("filename:report.pdf", Filename("report.pdf")),
        ("larger:5M smaller:10kb", And((Larger(5 * 2**20), Smaller(10240)))),
        ("before:2026-01-31", Received(When.BEFORE, dt.date(2026, 1, 31))),
        ("after:2026/1/5", Received(When.SINCE, dt.date(2026, 1, 5))),
        ("on:yesterday", Received(When.ON, dt.date(2026, 11, 23))),
        ("older_than:1y", Received(When.BEFORE, dt.date(2025, 11, 24))),
        ("newer_than:7d", Received(When.SINCE, dt.date(2026, 11, 17))),
        ("older_than:9999y", Received(When.BEFORE, dt.date.min)),
        ("-from:ana", Not(Header("from", "ana"))),
        ("a OR b c", And((Or(Text("a"), Text("b")), Text("c")))),
        ("a OR b OR c", Or(Or(Text("a"), Text("b")), Text("c"))),
        ("a OR (b c)", Or(Text("a"), And((Text("b"), Text("c"))))),
        ("-(a b)", Not(And((Text("a"), Text("b"))))),
        ("a or b", And((Text("a"), Text("or"), Text("b")))),
        ("OR a OR", Text("a")),
        ("(a", Text("a")),
        (") a )", Text("a")),
        ("() ( ( ) )", All()),
        ("e-mail", Text("e-mail")),
        ("-", Text("-")),
        ("http://example.test/", Text("http://example.test/")),
    ],
)
def test_it_works(text: str, key: Key) -> None:
    assert parse(text, today=TODAY) == Search(key)


def test_folders_are_apart() -> None:
    assert parse('in:inbox -in:"Old mail" bill', today=TODAY) == Search(
        Text("bill"), ("inbox",), ("Old mail",)
    )


@pytest.mark.parametrize(
    ("text", "key", "note"),
    [
        ("form:ana", Text("form:ana"), Note(Why.UNKNOWN_OPERATOR, "form")),
        ("is:blue", Text("is:blue"), Note(Why.UNKNOWN_VALUE, "is:blue")),
        ("before:soon", Text("before:soon"), Note(Why.UNKNOWN_VALUE, "before:soon")),
        ("before:2026-02-31", Text("before:2026-02-31"), Note(Why.UNKNOWN_VALUE, "before:2026-02-31")),
        ("larger:big", Text("larger:big"), Note(Why.UNKNOWN_VALUE, "larger:big")),
        ("from:", All(), Note(Why.NO_VALUE, "from")),
        ("a OR in:sent", Text("a"), Note(Why.FOLDER_INSIDE, "sent")),
        ("(in:sent a)", Text("a"), Note(Why.FOLDER_INSIDE, "sent")),
    ],
)
def test_what_is_not_understood_is_text_and_noted(text: str, key: Key, note: Note) -> None:
    assert parse(text, today=TODAY) == Search(key, notes=(note,))


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 5000 + "a", "a OR " * 5000, "a " * 5000, '"' * 5000, "from:" * 900]
)
def test_mallory_cannot_exhaust_anything(text: str) -> None:
    hash(parse(text, today=TODAY))


def test_what_nobody_can_type_is_not_written() -> None:
    with pytest.raises(ValueError, match="Numbers"):
        write(Search(Numbers(SequenceSet(((1, 2),)))))


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)
leaves: st.SearchStrategy[Key] = st.one_of(
    words.map(Text),
    words.map(Body),
    words.map(Filename),
    st.builds(Header, st.sampled_from(["from", "to", "cc", "bcc", "subject", "list-id"]), words),
    words.map(HasFlag),
    st.sampled_from(["\\Seen", "\\Flagged", "$Important"]).map(HasFlag),
    st.just(HasAttachment()),
    st.integers(0, 10**12).map(Larger),
    st.integers(0, 10**12).map(Smaller),
    st.builds(Received, st.sampled_from(When), st.dates()),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.filter(lambda key: not (isinstance(key, Not) and isinstance(key.key, Not))).map(Not),
        st.builds(Or, inner, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda keys: And(tuple(keys))),
    ),
    max_leaves=8,
)


@given(st.builds(Search, trees, st.lists(words).map(tuple), st.lists(words).map(tuple)))
def test_what_is_written_reads_back_as_the_same(search: Search) -> None:
    assert parse(write(search), today=TODAY) == search


@given(st.text())
def test_reading_never_raises_and_settles(text: str) -> None:
    once = parse(text, today=TODAY)
    assert parse(write(once), today=TODAY).key == once.key


def test_names_of_files() -> None:
    structure = (
        b'(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 1 1)("application" "pdf" ("name" "a \\"b\\".pdf") NIL NIL'
        b' "base64" 3 NIL ("attachment" ("filename*0*" "utf-8\'\'%C3%A4" "filename*1" "nd.pdf")))'
        b'("x" "y" ("name" "=?utf-8?q?=C3=BC?=") NIL NIL "7bit" 1) "mixed")'
    )
    assert filenames(structure) == ['a "b".pdf', "änd.pdf", "ü"]
    assert filenames(b'("text" "plain" NIL NIL NIL "7bit" 1 1)') == []
