r"""A mailbox that keeps \Seen for each member, over IMAP: two users, one mailbox, and a log that tells on nobody.

Only its owner can open a mailbox over IMAP yet, so alice hands it over to bob and stays signed in.
"""

import pytest
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.mailboxes.models import Mailbox
from tests import factories

from .live import PASSWORD, Live
from .test_news import deliver, inbox_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def bob(alice: str) -> str:
    """Return the address of a user of alice's domain, and let her mailbox keep read marks for each."""
    mailbox_of(alice).update(private_seen=True)
    deliver(alice, 4)
    return str(
        factories.a_user("bob", domain=User.objects.get(address=alice).domain, password=PASSWORD).address
    )


def mailbox_of(address: str) -> QuerySet[Mailbox]:
    """Return alice's mailbox, to be changed."""
    return Mailbox.objects.filter(id=inbox_of(address).mailbox_id)


def test_what_alice_reads_stays_unread_for_bob(imap: Live, alice: str, bob: str) -> None:
    with imap.talk(alice, "INBOX") as hers:
        mailbox_of(alice).update(owner=User.objects.get(address=bob))
        with imap.talk(bob) as his, imap.talk(bob, "INBOX") as idler:
            idler.send(b"i IDLE\r\n")
            assert idler.line() == b"+ idling\r\n"
            [body, *_] = hers.ok("FETCH 2 (FLAGS BODY[])")
            assert b"\\Seen" in body
            [stored] = hers.ok("STORE 3 +FLAGS (\\Seen \\Flagged)")
            assert (b"\\Seen" in stored, b"\\Flagged" in stored) == (True, True)
            assert b"* OK [UNSEEN 1] First unseen message\r\n" in his.ok("SELECT INBOX")
            told = idler.line()
            assert (told.split()[1], b"\\Seen" in told, b"\\Flagged" in told) == (b"3", False, True)
            assert hers.ok("SEARCH UNSEEN") == [b"* SEARCH 1 4\r\n"]
            assert his.ok("SEARCH UNSEEN") == [b"* SEARCH 1 2 3 4\r\n"]
            assert hers.ok("STATUS INBOX (UNSEEN)") == [b"* STATUS INBOX (UNSEEN 2)\r\n"]
            assert his.ok("STATUS INBOX (UNSEEN)") == [b"* STATUS INBOX (UNSEEN 4)\r\n"]
            listed = hers.ok('LIST "" INBOX RETURN (STATUS (UNSEEN))')
            assert listed[-1] == b"* STATUS INBOX (UNSEEN 2)\r\n"
            his.ok("STORE 1:* +FLAGS.SILENT (\\Seen)")
            assert his.ok("SEARCH UNSEEN") == [b"* SEARCH\r\n"]
            assert hers.ok("NOOP") == []
            assert hers.ok("SEARCH SEEN") == [b"* SEARCH 2 3\r\n"]
            # His other session hears all four at once.
            assert sorted(idler.line().split()[1] for _ in range(4)) == [b"1", b"2", b"3", b"4"]


def test_marks_follow_messages_that_are_filed_copied_moved_and_expunged(
    imap: Live, alice: str, bob: str
) -> None:
    with imap.talk(alice, "INBOX") as hers:
        mailbox_of(alice).update(owner=User.objects.get(address=bob))
        hers.ok("STORE 1:2 +FLAGS (\\Seen)")
        hers.ok("COPY 1:3 Archive")
        hers.ok("MOVE 2 Archive")
        hers.ok("APPEND Archive (\\Seen) {4+}\r\nA: b")
        hers.ok("STORE 1 +FLAGS (\\Deleted)")
        hers.ok("EXPUNGE")
        assert hers.ok("STATUS INBOX (MESSAGES UNSEEN)") == [b"* STATUS INBOX (MESSAGES 2 UNSEEN 2)\r\n"]
        hers.ok("SELECT Archive")
        assert hers.ok("SEARCH SEEN") == [b"* SEARCH 1 2 4 5\r\n"]
        with imap.talk(bob, "Archive") as his:
            assert his.ok("SEARCH SEEN") == [b"* SEARCH\r\n"]
            assert his.ok("STATUS Archive (UNSEEN)") == [b"* STATUS Archive (UNSEEN 5)\r\n"]


def test_condstore_tells_each_what_changed_for_them(imap: Live, alice: str, bob: str) -> None:
    with imap.talk(alice, "INBOX") as hers:
        hers.ok("ENABLE CONDSTORE")
        [status] = hers.ok("STATUS INBOX (HIGHESTMODSEQ)")
        known = int(status.rstrip(b")\r\n").split()[-1])
        hers.ok("STORE 2 +FLAGS (\\Seen)")
        [changed] = hers.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {known})")
        assert changed.startswith(b"* 2 FETCH")
        _, answer = hers.ask(f"STORE 1:2 (UNCHANGEDSINCE {known}) +FLAGS (\\Answered)")
        assert answer.startswith(b"OK [MODIFIED 2]")
        mailbox_of(alice).update(owner=User.objects.get(address=bob))
        with imap.talk(bob, "INBOX") as his:
            [answered] = his.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {known})")
            assert answered.startswith(b"* 1 FETCH")
            assert b"\\Answered" in answered
            assert b"\\Seen" not in answered


def test_mallory_who_is_no_member_sees_nothing(imap: Live, alice: str, bob: str) -> None:
    mallory = str(factories.a_mailbox("mallory", password=PASSWORD))
    deliver(mallory)
    with imap.talk(alice, "INBOX") as hers, imap.talk(mallory, "INBOX") as other:
        hers.ok("STORE 1:* +FLAGS (\\Seen)")
        assert other.ok("NOOP") == []
        assert other.ok("SEARCH UNSEEN") == [b"* SEARCH 1\r\n"]


def test_sessions_end_when_read_marks_are_kept_in_another_way(imap: Live, alice: str) -> None:
    deliver(alice)
    with imap.talk(alice, "INBOX") as hers:
        mailbox_of(alice).update(private_seen=True)
        hers.socket.settimeout(20)
        assert hers.line() == b"* BYE Access revoked\r\n"
