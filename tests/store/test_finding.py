"""What people look for is found, newest first, and in bounded work."""

import datetime as dt

import pytest

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.protocols.mime.scan import scan
from apps.protocols.searching import parse
from apps.store.finding import search
from apps.store.flags import FLAGGED, SEEN, Flags
from apps.store.models import Blob
from apps.store.services import messages, seen
from apps.store.values import FolderRef, MessageFacts
from tests.store.mail import Box, a_box, a_message, put

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)

INVOICE = (
    b"From: Ana =?utf-8?q?R=C3=B6th?= <ana@roth.test>\r\nTo: alice@example.test, Bob <bob@example.test>\r\n"
    b"Cc: carol@example.test\r\nSubject: =?utf-8?q?Rechnung_f=C3=BCr_M=C3=A4rz?=\r\n"
    b'List-Id: "Bills" <bills.roth.test>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n'
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Bitte bis Freitag =C3=BCberweisen.\r\n"
    b'--x\r\nContent-Type: application/pdf; name="invoice-2041.pdf"\r\nContent-Disposition: attachment\r\n\r\nPDF\r\n--x--\r\n'
)
PLAIN = (
    b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: Lunch\r\n\r\nPizza "
    + b"x" * 300
    + b" at noon?\r\n"
)


@pytest.fixture
def box() -> Box:
    box = a_box()
    for raw in (INVOICE, PLAIN):
        put(a_message(box, body=raw, facts=MessageFacts.of(scan(raw))))
    return box


def uids(box: Box, text: str, *, folder: FolderRef | None = None, user_id: int = 0) -> list[int]:
    page = search(box.mailbox_id, parse(text, today=TODAY), folder=folder, user_id=user_id, seconds=60)
    assert page.cursor is None
    return [row.uid for row in page.rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [2, 1]),
        ("from:röth", [1]),
        ("from:ROTH.test", [1]),
        ("from:bob", [2]),
        ("to:alice", [2, 1]),
        ("to:bob", [1]),
        ("cc:carol", [1]),
        ("cc:alice", []),
        ("subject:märz", [1]),
        ('subject:"FÜR MÄRZ"', [1]),
        ("list:bills", [1]),
        ("has:attachment", [1]),
        ("filename:2041.PDF", [1]),
        ("filename:2042", []),
        ("body:überweisen", [1]),
        ("body:noon", [2]),
        ("body:rechnung", []),
        ("rechnung", [1]),
        ("noon", [2]),
        ("noon OR freitag", [2, 1]),
        ("-noon", [1]),
        ("-from:röth", [2]),
        ("-(body:noon OR subject:märz)", []),
        ("from:bob body:noon", [2]),
        ("larger:10M", []),
        ("smaller:10M after:2023-11-14 before:2023-11-15", [2, 1]),
        ("before:2023-11-14", []),
        ("in:inbox noon", [2]),
        ("in:sent noon", []),
        ("in:nowhere noon", []),
        ("-in:inbox noon", []),
        ("label:finance", []),
    ],
)
def test_it_works(box: Box, text: str, found: list[int]) -> None:
    assert uids(box, text) == found
    assert uids(box, text, folder=box["INBOX"]) == found


def test_flags_and_labels(box: Box) -> None:
    perform(messages.set_flags(box["INBOX"], [(1, 1)], add=Flags(SEEN | FLAGGED) | Flags.named("Finance")))
    assert uids(box, "is:unread") == [2]
    assert uids(box, "is:read") == [1]
    assert uids(box, "is:starred label:FINANCE") == [1]
    assert uids(box, "-label:finance") == [2]


def test_read_marks_of_ones_own(box: Box) -> None:
    domain = Mailbox.objects.get(pk=box.mailbox_id).domain
    carol = User.objects.create(
        address=f"carol@{domain.name}", domain=domain, organisation_id=box.organisation_id
    )
    perform(seen.set_seen(box["INBOX"], carol.pk, [(2, 2)], seen=True))
    assert uids(box, "is:unread", user_id=carol.pk) == [1]
    page = search(box.mailbox_id, parse("is:read", today=TODAY), user_id=carol.pk)
    assert [(row.uid, row.is_read) for row in page.rows] == [(2, True)]


def test_trash_and_junk_only_if_they_are_meant(box: Box) -> None:
    perform(messages.move(box["INBOX"], box["Trash"], [(2, 2)]))
    assert uids(box, "noon") == []
    assert uids(box, "in:trash noon") == [1]
    assert uids(box, "in:bin noon") == [1]
    assert uids(box, "in:anywhere noon") == [1]
    assert uids(box, "noon", folder=box["Trash"]) == [1]


def test_a_message_in_two_folders_is_found_once(box: Box) -> None:
    perform(messages.copy(box["INBOX"], box["Archive"], [(2, 2)]))
    assert uids(box, "noon") == [2]


def test_pages_follow_each_other(box: Box) -> None:
    for _ in range(9):
        put(a_message(box, body=PLAIN, facts=MessageFacts.of(scan(PLAIN))))
    for text in ("noon", "subject:lunch", "from:bob"):
        found, after, pages = [], "", 0
        while True:
            page = search(box.mailbox_id, parse(text, today=TODAY), limit=3, after=after, seconds=60)
            found += [row.uid for row in page.rows]
            pages += 1
            if page.cursor is None:
                break
            after = page.cursor
        assert found == [*range(11, 1, -1)]
        assert pages == 4


def test_without_time_there_is_a_cursor_and_progress(box: Box) -> None:
    found: list[int] = []
    after, turns = "", 0
    while turns < 20:
        page = search(box.mailbox_id, parse("body:freitag", today=TODAY), after=after, seconds=0)
        found += [row.uid for row in page.rows]
        turns += 1
        if page.cursor is None:
            break
        after = page.cursor
    assert (found, turns) == ([1], 3)


def test_a_lost_blob_does_not_end_the_search(box: Box) -> None:
    Blob.objects.filter(organisation_id=box.organisation_id, size=len(PLAIN)).delete()
    assert uids(box, "body:freitag") == [1]


def test_mallory_finds_nothing(box: Box) -> None:
    mallory = a_box("mallory")
    assert uids(mallory, "noon") == []
    assert uids(mallory, "noon", folder=FolderRef(mallory.mailbox_id, box["INBOX"].folder_id)) == []


def test_a_cursor_from_elsewhere_does_no_harm(box: Box) -> None:
    for after in ("x", "-1", "9" * 40, "٣"):
        assert search(box.mailbox_id, parse("noon", today=TODAY), after=after).rows
