"""What one client does, another hears: in IDLE at once, elsewhere before the tagged answer."""

import time

import pytest

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.protocols.mime.scan import scan
from apps.store.models import Folder
from apps.store.services import folders, messages
from apps.store.values import FolderRef, MessageFacts, NewMessage

from .live import Live

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BODY = b"Subject: hi\r\n\r\nhello\r\n"


def inbox_of(address: str) -> FolderRef:
    local, _, domain = address.partition("@")
    mailbox = Mailbox.objects.get(local_part=local, domain__name=domain)
    perform(folders.ensure_defaults(mailbox.pk))
    return FolderRef(mailbox.pk, Folder.objects.get(mailbox=mailbox, name="INBOX").pk)


def deliver(address: str, count: int = 1) -> None:
    """Place messages as a delivery does, in another process than the listener's."""
    ref = inbox_of(address)
    organisation_id = Mailbox.objects.get(id=ref.mailbox_id).domain.organisation_id
    item = NewMessage(
        organisation_id,
        ref.mailbox_id,
        ref.folder_id,
        BODY,
        MessageFacts.of(scan(BODY)),
        internaldate=1_700_000_000,
    )
    perform(messages.append([item] * count, enforce_quota=False))


def test_idle_hears_of_a_delivery_within_a_second(imap: Live, alice: str) -> None:
    with imap.talk(alice, "INBOX") as talk:
        talk.send(b"i IDLE\r\n")
        assert talk.line() == b"+ idling\r\n"
        time.sleep(0.1)
        start = time.monotonic()
        deliver(alice)
        assert talk.line() == b"* 1 EXISTS\r\n"
        assert time.monotonic() - start < 1
        assert talk.line() == b"* 1 RECENT\r\n"
        deliver(alice, 3)
        assert talk.line() == b"* 4 EXISTS\r\n"
        talk.send(b"DONE\r\n")
        assert talk.until(b"i ")[1] == b"OK Completed\r\n"


def test_two_clients_see_the_same_folder(imap: Live, alice: str) -> None:
    deliver(alice, 4)
    with imap.talk(alice, "INBOX") as phone, imap.talk(alice, "INBOX") as laptop:
        phone.send(b"i IDLE\r\n")
        phone.line()
        laptop.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
        assert phone.line() == b"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))\r\n"
        laptop.ok("MOVE 1 Trash")
        assert phone.line() == b"* 1 EXPUNGE\r\n"
        phone.send(b"DONE\r\n")
        phone.until(b"i ")
        laptop.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        assert laptop.ok("EXPUNGE") == [b"* 1 EXPUNGE\r\n"]
        # FETCH must not take numbers away (RFC 3501 7.4.1): the message that is gone keeps its own until NOOP.
        lines, answer = phone.ask("FETCH 1:3 (UID)")
        assert answer.startswith(b"OK [EXPUNGEISSUED]")
        assert [line for line in lines if b"EXPUNGE" in line] == []
        assert phone.ok("NOOP") == [b"* 1 EXPUNGE\r\n"]
        assert phone.ok("FETCH 1:* (UID)") == [b"* 1 FETCH (UID 3)\r\n", b"* 2 FETCH (UID 4)\r\n"]


def test_a_folder_deleted_by_another_is_closed(imap: Live, alice: str) -> None:
    with imap.talk(alice) as phone, imap.talk(alice) as laptop:
        laptop.ok("CREATE work")
        phone.ok("SELECT work")
        laptop.ok("DELETE work")
        assert phone.ask("NOOP")[1] == b"NO [NONEXISTENT] The selected mailbox was deleted\r\n"
        assert phone.ask("CHECK")[1].startswith(b"BAD Not allowed")
        phone.ok("SELECT INBOX")


def test_one_who_idles_in_it_hears_too(imap: Live, alice: str) -> None:
    with imap.talk(alice) as phone, imap.talk(alice) as laptop:
        laptop.ok("CREATE work")
        phone.ok("SELECT work")
        phone.send(b"i IDLE\r\n")
        phone.line()
        time.sleep(0.1)
        laptop.ok("DELETE work")
        time.sleep(0.3)
        phone.send(b"DONE\r\n")
        assert phone.line() == b"i NO [NONEXISTENT] The selected mailbox was deleted\r\n"
        phone.ok("SELECT INBOX")


def test_what_was_done_succeeds_though_the_selected_folder_is_gone(imap: Live, alice: str) -> None:
    with imap.talk(alice) as phone, imap.talk(alice) as laptop:
        for command in (b"APPEND INBOX {%d+}\r\n%b" % (len(BODY), BODY), b"CREATE fresh", b'LIST "" fresh'):
            laptop.ok("CREATE work")
            phone.ok("SELECT work")
            laptop.ok("DELETE work")
            time.sleep(0.2)
            # A client that is told NO would file its message once more.
            assert phone.ok(command)[-1] == b"* OK [CLOSED] The selected mailbox was deleted\r\n"
            assert phone.ask("CHECK")[1].startswith(b"BAD Not allowed")
        assert phone.ok("STATUS INBOX (MESSAGES)") == [b"* STATUS INBOX (MESSAGES 1)\r\n"]


def test_a_message_is_recent_to_the_first_session_only(imap: Live, alice: str) -> None:
    deliver(alice, 2)
    with imap.talk(alice) as phone, imap.talk(alice) as laptop:
        assert b"* 2 RECENT\r\n" in phone.ok("EXAMINE INBOX")
        assert b"* 2 RECENT\r\n" in phone.ok("SELECT INBOX")
        assert b"* 0 RECENT\r\n" in laptop.ok("SELECT INBOX")


def test_mallory_sees_nothing_of_it(imap: Live, alice: str) -> None:
    from tests import factories

    from .live import PASSWORD

    deliver(alice)
    mallory = str(factories.a_mailbox("mallory", password=PASSWORD))
    with imap.talk(alice) as talk:
        talk.ok("CREATE secret")
    with imap.talk(mallory) as talk:
        assert not any(b"secret" in line for line in talk.ok('LIST "" *'))
        assert talk.ask("SELECT secret")[1].startswith(b"NO [NONEXISTENT]")
        assert b"* 0 EXISTS\r\n" in talk.ok("SELECT INBOX")
        assert talk.ok("UID FETCH 1:* (BODY[])") == []
