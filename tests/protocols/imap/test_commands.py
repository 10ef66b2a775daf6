"""Commands as clients write them."""

import pytest

from apps.protocols.imap import commands as c
from apps.protocols.imap.commands.fetch import Item, Portion, Section
from apps.protocols.imap.events import Closing, Reply, Request
from apps.protocols.imap.search import All
from apps.protocols.imap.sequence import SequenceSet
from apps.protocols.imap.session import Phase, Session

ONE = SequenceSet(((1, 1),))
EVERY = SequenceSet(((1, 0),))
FLAGS = (Item.FLAGS, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE)


def read(text: bytes, phase: Phase = Phase.SELECTED) -> c.Command | str:
    """Return the command, or the answer to it."""
    session = Session(max_message=1000)
    session.phase = phase
    (event,) = [
        event
        for event in session.receive(b"a " + text + b"\r\n")
        if not isinstance(event, Reply) or not event.data.startswith(b"+")
    ]
    assert not isinstance(event, Closing)
    return event.command if isinstance(event, Request) else getattr(event, "data", b"").decode()


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (b"CAPABILITY", c.Capability()),
        (b"noop", c.Noop()),
        (b"ID NIL", c.Id(())),
        (b'ID ("name" "Thunderbird" "version" NIL)', c.Id((("name", "Thunderbird"),))),
        (b"SELECT inbox", c.Select("INBOX", read_only=False, condstore=False)),
        (b"EXAMINE Inbox/x (CONDSTORE)", c.Select("INBOX/x", read_only=True, condstore=True)),
        (b'CREATE "Entw&APw-rfe" (USE (\\Drafts))', c.Create("Entwürfe", ("\\Drafts",))),
        (b"RENAME a b", c.Rename("a", "b")),
        (b"STATUS a (MESSAGES UNSEEN)", c.Status("a", (c.StatusItem.MESSAGES, c.StatusItem.UNSEEN))),
        (b'LIST "" "*"', c.List("", ("*",))),
        (b'LIST "" ""', c.List("", ("",))),
        (
            b'LIST (SUBSCRIBED) "" (a b/%) RETURN (CHILDREN STATUS (MESSAGES))',
            c.List(
                "",
                ("a", "b/%"),
                frozenset({"SUBSCRIBED"}),
                frozenset({"CHILDREN", "STATUS"}),
                (c.StatusItem.MESSAGES,),
                extended=True,
            ),
        ),
        (b'LSUB "" %', c.Lsub("", "%")),
        (b"ENABLE CONDSTORE x-unknown", c.Enable(("CONDSTORE", "X-UNKNOWN"))),
        (b"IDLE", c.Idle()),
        (b"EXPUNGE", c.Expunge()),
        (b"UID EXPUNGE 1:*", c.Expunge(EVERY)),
        (b"UID MOVE 1 Trash", c.Move(True, ONE, "Trash")),
        (b"SEARCH ALL", c.Search(False, All())),
        (b"SEARCH return () ALL", c.Search(False, All(), frozenset({c.Result.ALL}))),
        (
            b"UID SEARCH RETURN (MIN COUNT) CHARSET utf-8 ALL",
            c.Search(True, All(), frozenset({c.Result.MIN, c.Result.COUNT})),
        ),
        (b"STORE 1 +FLAGS.SILENT (\\Seen)", c.Store(False, ONE, c.Change.ADD, ("\\Seen",), True, None)),
        (b"STORE 1 FLAGS \\Seen $a", c.Store(False, ONE, c.Change.REPLACE, ("\\Seen", "$a"), False, None)),
        (
            b"UID STORE 1 (UNCHANGEDSINCE 12) -FLAGS ()",
            c.Store(True, ONE, c.Change.REMOVE, (), False, 12),
        ),
        (b"FETCH 1 ALL", c.Fetch(False, ONE, FLAGS)),
        (b"FETCH 1 full", c.Fetch(False, ONE, (*FLAGS, Item.BODY))),
        (b"UID FETCH 1:* (FLAGS)", c.Fetch(True, EVERY, (Item.UID, Item.FLAGS))),
        (
            b"UID FETCH 1:* FLAGS (CHANGEDSINCE 5)",
            c.Fetch(True, EVERY, (Item.UID, Item.FLAGS, Item.MODSEQ), 5),
        ),
        (
            b'FETCH 1 BODY.PEEK[1.2.HEADER.FIELDS (From "X y")]<10.20>',
            c.Fetch(
                False,
                ONE,
                (
                    Section(
                        b'BODY[1.2.HEADER.FIELDS (FROM "X y")]',
                        Portion.FIELDS,
                        (1, 2),
                        (b"from", b"x y"),
                        (10, 20),
                        peek=True,
                    ),
                ),
            ),
        ),
        (b"FETCH 1 BODY[]", c.Fetch(False, ONE, (Section(b"BODY[]"),))),
        (b"FETCH 1 (RFC822.TEXT)", c.Fetch(False, ONE, (Section(b"RFC822.TEXT", Portion.TEXT),))),
        (b"FETCH 1 BODY[1.MIME]", c.Fetch(False, ONE, (Section(b"BODY[1.MIME]", Portion.MIME, (1,)),))),
    ],
)
def test_it_works(text: bytes, command: c.Command) -> None:
    assert read(text) == command


def test_alice_appends() -> None:
    command = read(b'APPEND Sent (\\Seen $x) "07-Feb-1994 21:52:25 -0800" {5+}\r\nhello')
    assert command == c.Append("Sent", ("\\Seen", "$x"), 760686745, b"hello")
    assert read(b"APPEND Sent {0+}\r\n") == c.Append("Sent", (), None, b"")


def test_alice_signs_in() -> None:
    before = Phase.NOT_AUTHENTICATED
    assert read(b'LOGIN {5+}\r\nalice "p w"', before) == c.Login("alice", "p w")
    assert read(b"AUTHENTICATE PLAIN", before) == c.Authenticate("PLAIN", None)
    assert read(b"AUTHENTICATE plain =", before) == c.Authenticate("PLAIN", b"")
    assert read(b"AUTHENTICATE PLAIN AGEAYg==", before) == c.Authenticate("PLAIN", b"\0a\0b")
    assert "secret" not in repr(c.Login("alice", "secret"))
    assert "secret" not in repr(c.Authenticate("PLAIN", b"secret"))


@pytest.mark.parametrize(
    "text",
    [
        b"FOO",
        b"NOOP x",
        b"UID",
        b"UID NOOP",
        b"LOGIN a b",
        b"SELECT",
        b"SELECT a b",
        b"SELECT a (FOO)",
        b"SELECT &",
        b"CREATE a (USE)",
        b"STATUS a ()",
        b"STATUS a (FOO)",
        b"LIST (FOO) a b",
        b"LIST (RECURSIVEMATCH) a b",
        b'LIST "" * RETURN (FOO)',
        b"FETCH 1",
        b"FETCH 1 ()",
        b"FETCH 1 (ALL)",
        b"FETCH 1 FOO",
        b"FETCH 0 FLAGS",
        b"FETCH 1 BODY[FOO]",
        b"FETCH 1 BODY[MIME]",
        b"FETCH 1 BODY[1.]",
        b"FETCH 1 BODY[0]",
        b"FETCH 1 BODY[]<0.0>",
        b'FETCH 1 BODY[HEADER.FIELDS ("\x7f")]',
        b'FETCH 1 BODY[HEADER.FIELDS ("\xc3\xa4")]',
        b"FETCH 1 BODY[" + b"1." * 1000 + b"1]",
        b"FETCH 1 FLAGS (FOO 1)",
        b"STORE 1 FOO (\\Seen)",
        b"STORE 1 FLAGS.LOUD (\\Seen)",
        b"STORE 1 (FOO 1) FLAGS ()",
        b"SEARCH",
        b"SEARCH RETURN (FOO) ALL",
        b"APPEND a b",
        b'APPEND a "b" {1+}\r\nx',
        b"ENABLE",
    ],
)
def test_what_cannot_be_understood_is_bad(text: bytes) -> None:
    answer = read(text)
    assert isinstance(answer, str)
    assert answer.startswith("a BAD ")


def test_an_unknown_charset_is_answered_with_those_we_know() -> None:
    answer = read(b"SEARCH CHARSET klingon ALL")
    assert isinstance(answer, str)
    assert answer.startswith("a NO [BADCHARSET (US-ASCII UTF-8 ")
