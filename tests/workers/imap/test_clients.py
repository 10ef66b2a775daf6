"""Python's two IMAP clients, used as their users use them."""

import email
import imaplib
import ssl
import time

import imapclient
import pytest

from tests.workers.listener import trust

from .live import PASSWORD, Live
from .test_news import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MESSAGE = (
    b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nhello\r\n"
)


def test_imaplib(imap: Live, alice: str) -> None:
    client = imap.imaplib(alice)
    try:
        assert (
            client.append("INBOX", "\\Flagged", imaplib.Time2Internaldate(1_700_000_000), MESSAGE)[0] == "OK"
        )
        assert client.select("INBOX") == ("OK", [b"1"])
        assert client.response("UIDVALIDITY")[1][0] is not None
        assert client.search(None, "FLAGGED") == ("OK", [b"1"])
        kind, data = client.fetch("1", "(RFC822)")
        assert kind == "OK"
        part = data[0]
        assert isinstance(part, tuple)
        assert part[1] == MESSAGE
        assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.create("work")[0] == "OK"
        assert client.rename("work", "play")[0] == "OK"
        assert client.status("play", "(MESSAGES UIDNEXT)") == ("OK", [b"play (MESSAGES 0 UIDNEXT 1)"])
        assert client.delete("play")[0] == "OK"
        assert client.noop()[0] == "OK"
        assert client.close()[0] == "OK"
    finally:
        assert client.logout()[0] == "BYE"


def test_imaplib_over_starttls_and_authenticate(imap: Live, alice: str) -> None:
    client = imaplib.IMAP4("localhost", imap.imap, timeout=10)
    client.starttls(trust())
    assert "AUTH=PLAIN" in client.capabilities
    client.authenticate("PLAIN", lambda _: f"\0{alice}\0{PASSWORD}".encode())
    assert client.enable("CONDSTORE")[0] == "OK"
    assert client.namespace() == ("OK", [b'(("" "/")) NIL NIL'])
    client.logout()


def test_a_wrong_password_is_an_error_and_nothing_more(imap: Live, alice: str) -> None:
    client = imaplib.IMAP4_SSL("localhost", imap.imaps, ssl_context=trust(), timeout=10)
    with pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED\] Authentication failed"):
        client.login(alice, "wrong")
    client.login(alice, PASSWORD)
    client.logout()


def connect(imap: Live, user: str, context: ssl.SSLContext | None = None) -> imapclient.IMAPClient:
    client = imapclient.IMAPClient("localhost", imap.imaps, ssl_context=context or trust(), timeout=10)
    client.login(user, PASSWORD)
    return client


def test_imapclient(imap: Live, alice: str) -> None:
    with connect(imap, alice) as client:
        assert client.find_special_folder(b"\\Sent") == "Sent"
        client.create_folder("Entwürfe/neu")
        assert [flags[-1] for flags, _, name in client.list_folders() if name == "Entwürfe"] == [
            b"\\HasChildren"
        ]
        appended = client.append("INBOX", MESSAGE, [imapclient.SEEN])
        assert b"APPENDUID" in appended
        folder = client.select_folder("INBOX")
        assert folder[b"EXISTS"] == 1
        assert folder[b"PERMANENTFLAGS"][-1] == b"\\*"
        [uid] = client.search(["SUBJECT", "café"], "UTF-8")
        found = client.fetch(
            [uid], ["ENVELOPE", "FLAGS", "BODYSTRUCTURE", "BODY.PEEK[HEADER]", "RFC822.SIZE"]
        )[uid]
        assert found[b"ENVELOPE"].subject == b"=?utf-8?q?caf=C3=A9?="
        assert found[b"RFC822.SIZE"] == len(MESSAGE)
        assert found[b"BODYSTRUCTURE"][:2] == (b"text", b"plain")
        assert email.message_from_bytes(found[b"BODY[HEADER]"])["From"] == "bob@example.test"
        assert client.add_flags([uid], ["$todo"]) == {uid: (b"\\Seen", b"\\Recent", b"$todo")}
        client.copy([uid], "Archive")
        client.move([uid], "Entwürfe/neu")
        assert client.folder_status("Entwürfe/neu", ["MESSAGES"]) == {b"MESSAGES": 1}
        client.unselect_folder()
        assert b"mailplatform" in client.id_({"name": "IMAPClient"})[0]
        client.select_folder("INBOX")
        client.idle()
        deliver(alice)
        heard: list[object] = []
        deadline = time.monotonic() + 5
        while (1, b"EXISTS") not in heard and time.monotonic() < deadline:
            heard += client.idle_check(timeout=1)
        assert (1, b"EXISTS") in heard
        client.idle_done()
