"""Mail is imported once, whole, with its flags and dates, whatever interrupts it."""

import io
import mailbox as formats
import os
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow.importing import importer
from apps.mailflow.importing.importer import Options, run
from apps.protocols.mime.scan import scan
from apps.store import blobs
from apps.store.blobs import BlobRef
from apps.store.flags import names_of
from apps.store.models import Content, Folder, Keyword, Message
from apps.store.services import seen
from apps.store.services.private_seen import set_private_seen
from apps.store.values import FolderRef
from tests.factories import a_mailbox
from tests.shared_data import shared
from tests.workers.listener import database_url

pytestmark = pytest.mark.django_db

SEPARATOR = b"From bob@example.test Tue Nov 24 10:00:00 2026\n"
NOON = 1795514400


@pytest.fixture
def alice() -> Mailbox:
    return a_mailbox("alice")


def held(mailbox: Mailbox, folder: str = "INBOX") -> list[tuple[bytes, set[str], int]]:
    """Return (bytes, flags, internaldate) of each message, in the order of their uids."""
    row = Folder.objects.get(mailbox=mailbox, name=folder)
    bits = {keyword.bit: keyword.name for keyword in Keyword.objects.filter(mailbox=mailbox)}
    out = []
    for message in Message.objects.filter(mailbox_id=mailbox.pk, folder_id=row.pk).order_by("uid"):
        content = Content.objects.get(mailbox_id=mailbox.pk, id=message.content_id)
        ref = BlobRef(content.organisation_id, bytes(content.blob_hash), content.size)
        body = perform(blobs.get(ref))
        assert content.size == message.size == len(body)
        assert bytes(content.structure) == scan(body).structure
        out.append((body, set(names_of(message.flags, bits, message.more_kw)), message.internaldate))
    return out


def crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_an_mbox(alice: Mailbox, tmp_path: Path) -> None:
    one = b"Subject: one\nStatus: RO\nX-Keywords: todo\n\n1\n"
    two = b"Subject: two\n\n2\n"
    path = tmp_path / "mail.mbox"
    path.write_bytes(SEPARATOR + one + b"\n" + SEPARATOR.replace(b"10:", b"11:") + two)
    report = run(alice, path, Options())
    assert (report.imported, report.known, report.broken, report.left) == (2, 0, 0, 0)
    assert held(alice) == [(crlf(one), {"\\Seen", "todo"}, NOON), (crlf(two), set(), NOON + 3600)]


def test_what_was_read_is_read_by_the_owner_where_each_has_marks(alice: Mailbox, tmp_path: Path) -> None:
    set_private_seen(mailbox=alice, on=True, actor=SYSTEM)
    path = tmp_path / "mail.mbox"
    path.write_bytes(SEPARATOR + b"Subject: one\nStatus: RO\n\n1\n\n" + SEPARATOR + b"Subject: two\n\n2\n")
    run(alice, path, Options())
    assert [flags for _, flags, _ in held(alice)] == [set(), set()]
    inbox = Folder.objects.get(mailbox=alice, name="INBOX")
    assert alice.owner_id is not None
    assert perform(seen.read_by(FolderRef(alice.pk, inbox.pk), alice.owner_id)) == "{[1,2)}"


def test_a_second_import_files_nothing(alice: Mailbox, tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(SEPARATOR + b"Subject: one\n\n1\n\n" + SEPARATOR + b"Subject: one\n\n1\n")
    assert (
        run(alice, path, Options()).imported == 2
    )  # The same twice in the file is the same twice in the folder.
    assert run(alice, path, Options()).known == 2
    # Somebody read the mail meanwhile, expunged the first one, and more came.
    path.write_bytes(
        SEPARATOR + b"Subject: one\nStatus: RO\n\n1\n\n" + SEPARATOR + b"Subject: two\nStatus: O\n\n2\n"
    )
    report = run(alice, path, Options())
    assert (report.imported, report.known) == (1, 1)
    assert len(held(alice)) == 3
    assert run(alice, path, Options(again=True)).imported == 2


def test_an_interrupted_import_goes_on(
    alice: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH_MESSAGES", 7)
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"".join(SEPARATOR + b"Subject: %d\n\n%d\n\n" % (n % 40, n % 40) for n in range(50)))
    batches = 0

    def interrupt(_read: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(alice, path, Options(), progress=interrupt)
    assert len(held(alice)) == 21
    report = run(alice, path, Options())
    assert (report.imported, report.known) == (29, 21)
    assert [body for body, _, _ in held(alice)] == [
        b"Subject: %d\r\n\r\n%d\r\n" % (n % 40, n % 40) for n in range(50)
    ]


def maildir_file(folder: Path, name: str, data: bytes, *, modified: int) -> None:
    (folder / "cur").mkdir(parents=True, exist_ok=True)
    (folder / "new").mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    os.utime(folder / name, (modified, modified))


def test_a_maildir(alice: Mailbox, tmp_path: Path) -> None:
    maildir_file(tmp_path, "cur/1795514400.M1.host:2,RSa", b"Subject: a\n\n", modified=NOON - 86400)
    maildir_file(tmp_path, "cur/1795514300.M1.host:2,FTDP", b"Subject: b\n\n", modified=NOON + 10**6)
    maildir_file(tmp_path, "new/1795514500.M1.host", b"Subject: c\r\n\r\n", modified=NOON)
    (tmp_path / "dovecot-keywords").write_text("0 $Junk\n1 x\n")
    maildir_file(tmp_path / ".Sent.2026", "cur/x:2,S", b"Subject: d\n\n", modified=NOON)
    maildir_file(tmp_path / ".Entw&APw-rfe", "cur/y", b"Subject: e\n\n", modified=NOON)
    report = run(alice, tmp_path, Options())
    assert (report.imported, report.left) == (5, 0)
    assert held(alice) == [
        (b"Subject: b\r\n\r\n", {"\\Flagged", "\\Deleted", "\\Draft", "$Forwarded"}, NOON - 100),
        (b"Subject: a\r\n\r\n", {"\\Answered", "\\Seen", "$Junk"}, NOON - 86400),
        (b"Subject: c\r\n\r\n", set(), NOON),
    ]
    assert held(alice, "Sent/2026") == [(b"Subject: d\r\n\r\n", {"\\Seen"}, NOON)]
    assert held(alice, "Entwürfe") == [(b"Subject: e\r\n\r\n", set(), NOON)]
    # Flags changed, a message was read for the first time: still the same messages.
    (tmp_path / "cur/1795514400.M1.host:2,RSa").rename(tmp_path / "cur/1795514400.M1.host:2,F")
    (tmp_path / "new/1795514500.M1.host").rename(tmp_path / "cur/1795514500.M1.host:2,S")
    assert run(alice, tmp_path, Options()).known == 5


def test_a_folder_of_eml_files(alice: Mailbox, tmp_path: Path) -> None:
    received = b"Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0000\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
    (tmp_path / "1.eml").write_bytes(received)
    (tmp_path / "2").write_bytes(b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nx")
    (tmp_path / "notes").write_bytes(b"milk, bread\n")
    (tmp_path / ".hidden").write_bytes(b"Subject: x\n\n")
    (tmp_path / "Work" / "Old").mkdir(parents=True)
    (tmp_path / "Work" / "Old" / "3.eml").write_bytes(b"Subject: three\n\n")
    (tmp_path / "Lists.mbox").write_bytes(SEPARATOR + b"Subject: list\n\n")
    (tmp_path / "Lists.sbd").mkdir()
    (tmp_path / "Lists.sbd" / "2026").write_bytes(SEPARATOR + b"X-Mozilla-Status: 0001\n\n")
    (tmp_path / "Lists.msf").write_bytes(b"an index of Thunderbird's\n")
    report = run(alice, tmp_path, Options(folder="Archive"))
    assert (report.imported, report.left) == (5, 1)
    assert report.notes == [f"not imported: {tmp_path}/notes: is not mail"]
    assert held(alice, "Archive") == [
        (received, set(), NOON),
        (b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nx", set(), NOON - 86400),
    ]
    assert held(alice, "Archive/Lists/2026")[0][1:] == ({"\\Seen"}, NOON)
    assert len(held(alice, "Archive/Work/Old")) == len(held(alice, "Archive/Lists")) == 1


def test_broken_messages_are_kept_byte_for_byte_and_named(alice: Mailbox, tmp_path: Path) -> None:
    broken = [
        b"",
        b"\0",
        b"no header\n",
        b"Subject: a\r\n\nmixed\n",
        b"Subject: a\rbare\n\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnot closed\n",
        bytes(range(256)) * 10,
    ]
    for n, data in enumerate(broken):
        (tmp_path / f"{n}.eml").write_bytes(data)
    report = run(alice, tmp_path, Options())
    assert (report.imported, report.broken, len(report.notes)) == (7, 7, 7)
    assert [body for body, _, _ in held(alice)] == broken
    assert report.notes[5] == (f"broken, kept as it is: {tmp_path}/5.eml: a multipart is not closed")


def test_line_ends_and_quoting_can_stay(alice: Mailbox, tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(SEPARATOR + b"Subject: a\n\n>From here\n")
    run(alice, path, Options(keep_line_ends=True))
    assert held(alice)[0][0] == b"Subject: a\n\n>From here\n"
    run(alice, path, Options(unquote_from=True, folder="Archive"))
    assert held(alice, "Archive")[0][0] == b"Subject: a\r\n\r\nFrom here\r\n"


def test_too_large_a_message_is_named(alice: Mailbox, tmp_path: Path, settings: object) -> None:
    settings.MAIL_MAX_MESSAGE_BYTES = 100  # type: ignore[attr-defined]
    (tmp_path / "large.eml").write_bytes(b"Subject: a\n\n" + b"x" * 100)
    report = run(alice, tmp_path, Options())
    assert (report.imported, report.left) == (0, 1)
    assert "MAIL_MAX_MESSAGE_BYTES" in report.notes[0]


def test_one_import_at_a_time(alice: Mailbox, tmp_path: Path) -> None:
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_advisory_lock(7301, %s::int)", [alice.pk])
        with pytest.raises(CommandError, match="another import into"):
            call_command("import_mail", str(tmp_path), mailbox=str(alice), no_progress=True)
        other.execute("SELECT pg_advisory_unlock(7301, %s::int)", [alice.pk])
    assert run(alice, tmp_path, Options()).imported == 0


def test_300_real_messages(alice: Mailbox) -> None:
    files = sorted(shared("mail/eml").iterdir())
    mbox = formats.mbox(shared("mail/sample.mbox"), create=False)
    wanted = [mbox.get_bytes(key) for key in mbox.keys()]  # noqa: SIM118
    assert run(alice, shared("mail/eml"), Options()).imported == len(files) == 100
    assert run(alice, shared("mail/sample.mbox"), Options(folder="Archive")).imported == len(wanted) == 200
    for folder, originals in (("INBOX", [file.read_bytes() for file in files]), ("Archive", wanted)):
        for (body, _, _), original in zip(held(alice, folder), originals, strict=True):
            assert body in {original, crlf(original)}
            assert body == original or not scan(original).defects
    assert run(alice, shared("mail/eml"), Options()).known == 100


def test_the_command(alice: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(b"Subject: one\n\n1\n")
    out = io.StringIO()
    call_command("import_mail", str(tmp_path), mailbox=str(alice), no_progress=True, stdout=out)
    assert out.getvalue() == (
        f"{tmp_path}: 1 messages (16 bytes) imported into 1 folders, 0 were there already,"
        " 0 broken ones kept as they are, 0 not imported\n"
    )
    for arguments, words in (
        ({"mailbox": "mallory@elsewhere.test"}, "there is no mailbox"),
        ({"mailbox": "nonsense"}, "is no address"),
        ({"mailbox": str(alice), "folder": "a//b"}, "no folder can be called"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("import_mail", str(tmp_path), **arguments)
    with pytest.raises(CommandError, match="no such file"):
        call_command("import_mail", str(tmp_path / "nowhere"), mailbox=str(alice))
