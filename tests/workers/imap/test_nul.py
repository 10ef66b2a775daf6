"""A message with NUL is served with 0x80 in its place, since a literal may not hold NUL; every size stays true."""

import pytest

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.protocols.mime.scan import scan
from apps.store import blobs
from apps.store.services import messages
from apps.store.values import MessageFacts, NewMessage
from workers.imap.handlers.fetch import LARGE

from .live import Live
from .test_news import inbox_of

pytestmark = pytest.mark.django_db

HEAD = b"Subject: a\0b\r\nX-Nul: \0\0\r\n\r\n"
TEXT = b"c\0d\r\n\0\r\n"


def place(address: str, body: bytes) -> blobs.BlobRef:
    """Place a message as an import does, which takes what an old server has."""
    ref = inbox_of(address)
    organisation_id = Mailbox.objects.get(id=ref.mailbox_id).domain.organisation_id
    [packed] = blobs.prepare([(organisation_id, body)])
    item = NewMessage(
        organisation_id, ref.mailbox_id, ref.folder_id, packed, MessageFacts.of(scan(body)), internaldate=0
    )
    perform(messages.append([item], enforce_quota=False))
    return packed.ref


def test_it_works(imap: Live, alice: str) -> None:
    kept = place(alice, HEAD + TEXT)
    served = (HEAD + TEXT).replace(b"\0", b"\x80")
    with imap.talk(alice, "INBOX") as talk:
        [line] = talk.ok("FETCH 1 (RFC822.SIZE BODY.PEEK[])")
        assert line == b"* 1 FETCH (RFC822.SIZE %d BODY[] {%d}\r\n%b)\r\n" % (
            len(served),
            len(served),
            served,
        )
        [line] = talk.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (X-Nul)]")
        assert line.endswith(b" {13}\r\nX-Nul: \x80\x80\r\n\r\n)\r\n")
        [line] = talk.ok("FETCH 1 BODY.PEEK[TEXT]<1.3>")
        assert line == b"* 1 FETCH (BODY[TEXT]<1> {3}\r\n\x80d\r)\r\n"
        [line] = talk.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE)")
        assert b"\0" not in line
    assert perform(blobs.get(kept)) == HEAD + TEXT


def test_a_large_one_is_served_piece_by_piece(imap: Live, alice: str) -> None:
    body = HEAD + (b"x" * 997 + b"\0\r\n") * (2 * LARGE // 1000)
    place(alice, body)
    with imap.talk(alice, "INBOX") as talk:
        [line] = talk.ok("FETCH 1 BODY.PEEK[]")
        assert line == b"* 1 FETCH (BODY[] {%d}\r\n%b)\r\n" % (len(body), body.replace(b"\0", b"\x80"))
