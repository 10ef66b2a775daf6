"""One session from greeting to goodbye."""

import pytest

from .live import Live

pytestmark = pytest.mark.django_db

MESSAGE = b"From: bob@example.test\r\nSubject: hi\r\nDate: Mon, 7 Feb 1994 21:52:25 -0800\r\n\r\nhello\r\n"


@pytest.mark.slow
def test_it_works(imap: Live, alice: str) -> None:
    with imap.talk(alice) as talk:
        assert b'* LIST (\\HasNoChildren) "/" INBOX\r\n' in talk.ok('LIST "" *')
        lines, answer = talk.ask(b"APPEND INBOX (\\Flagged) {%d+}\r\n%b" % (len(MESSAGE), MESSAGE))
        assert answer.startswith(b"OK [APPENDUID ")
        lines = talk.ok("SELECT INBOX")
        assert b"* 1 EXISTS\r\n" in lines
        assert b"* 1 RECENT\r\n" in lines
        [line] = talk.ok("FETCH 1 (UID FLAGS RFC822.SIZE ENVELOPE BODY.PEEK[])")
        assert line.startswith(b"* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent) RFC822.SIZE %d " % len(MESSAGE))
        assert line.endswith(b" BODY[] {%d}\r\n%b)\r\n" % (len(MESSAGE), MESSAGE))
        assert talk.ok("STORE 1 +FLAGS (\\Deleted $todo)")[-1] == (
            b"* 1 FETCH (UID 1 FLAGS (\\Flagged \\Deleted \\Recent $todo))\r\n"
        )
        assert talk.ok("SEARCH KEYWORD $todo") == [b"* SEARCH 1\r\n"]
        assert talk.ok("EXPUNGE") == [b"* 1 EXPUNGE\r\n"]
        assert talk.ok("LOGOUT") == [b"* BYE Logging out\r\n"]
        assert talk.line() == b""
