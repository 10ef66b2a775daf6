"""`manage.py store check` finds each kind of damage, and mends what can be derived."""

import io
import random
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection

from apps.events.transactions import perform
from apps.mailboxes.models import Usage
from apps.store import blobs, checking
from apps.store.flags import Flags
from apps.store.models import Blob, Folder
from apps.store.services import keeping, messages
from tests.store.mail import Box, a_box, a_message, picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(an_empty_store: None) -> Box:
    box = a_box()
    put(*(a_message(box, body=b"number %d" % n, flags=Flags.named("todo")) for n in range(4)))
    perform(messages.set_flags(box["INBOX"], [(1, 2)], add=Flags.named("\\Seen", "\\Deleted")))
    perform(messages.expunge(box["INBOX"], [(1, 1)]))
    perform(messages.copy(box["INBOX"], box["Archive"], [(2, 3)]))
    return box


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("store", "check", *arguments, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


def test_nothing_is_wrong(alice: Box) -> None:
    assert run("--deep") == (0, "nothing is wrong\n")


def execute(sql: str, box: Box) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(mailbox=box.mailbox_id, inbox=box["INBOX"].folder_id, organisation=box.organisation_id)
        )


DAMAGE = {
    "counts": "UPDATE store_folder SET n_unseen = 0 WHERE id = {inbox}",
    "is said to hold": "UPDATE mailboxes_usage SET bytes = 1 WHERE mailbox_id = {mailbox}",
    "uidnext": "UPDATE store_folder SET uidnext = 2 WHERE id = {inbox}",
    "other flags": "UPDATE store_message SET flags = 5 WHERE folder_id = {inbox} AND uid = 2",
    "another modseq": "UPDATE store_message SET modseq = 3 WHERE folder_id = {inbox} AND uid = 4",
    "every modseq": "DELETE FROM store_folderlog WHERE folder_id = {inbox} AND modseq = 3",
    "its log are not there": "DELETE FROM store_message WHERE folder_id = {inbox} AND uid = 2",
    "log rows without a folder": "INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, op, uids)"
    " VALUES ({mailbox}, 0, 1, 5, '{{[1,2)}}')",
    "snapshots without": "INSERT INTO store_snapshot (folder_id, uidvalidity, modseq, n, data) VALUES (0, 1, 1, 0, '')",
}
LOSS = {
    "messages without a content": "DELETE FROM store_content WHERE mailbox_id = {mailbox}",
    "contents without a blob": "DELETE FROM store_blob WHERE organisation_id = {organisation}",
    "whose size": "UPDATE store_content SET size = 1 WHERE mailbox_id = {mailbox}",
    "no name": "DELETE FROM store_keyword WHERE mailbox_id = {mailbox}",
}
DEEP = {
    "not in its segment": "UPDATE store_blob SET store = 1, data = NULL, location = 'gone.seg', position = 0"
    " WHERE organisation_id = {organisation}",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found_and_mended(alice: Box, what: str) -> None:
    execute(DAMAGE[what], alice)
    code, said = run()
    assert (code, what in said) == (1, True), said
    run("--repair")
    assert run() == (0, "nothing is wrong\n")


@pytest.mark.parametrize("what", LOSS)
def test_loss_is_found(alice: Box, what: str) -> None:
    execute(LOSS[what], alice)
    code, said = run()
    assert (code, what in said) == (1, True), said


def test_bytes_that_changed_are_found_by_a_deep_look(alice: Box) -> None:
    execute("UPDATE store_blob SET data = data || ''::bytea, size = size + 0", alice)
    execute(
        "UPDATE store_blob SET data = set_byte(data, 0, 7) WHERE organisation_id = {organisation} AND codec = 0",
        alice,
    )
    assert run() == (0, "nothing is wrong\n")
    code, said = run("--deep")
    assert code == 1
    assert said.count("its bytes are not those that came in") == 4


def test_a_lost_segment_is_found(alice: Box) -> None:
    execute(DEEP["not in its segment"], alice)
    code, said = run()
    assert (code, said.count("it is not in segment gone.seg")) == (1, 4)


def test_a_lost_blob_is_found_in_another_segment(alice: Box, settings: LazySettings, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    one, two = (random.Random(n).randbytes(50_000) for n in (1, 2))
    store = blobs.segments()
    put(a_message(alice, body=one), a_message(alice, body=two))
    first = _where(alice)
    store._close()
    put(a_message(alice, body=one))
    [second] = set(_where(alice)) - set(first)
    for name in first:
        assert store.path(name).exists()
    # The copy that is named now is damaged; the older one is whole.
    store._close()
    damaged = store.path(second)
    damaged.write_bytes(damaged.read_bytes()[:-9] + b"X" * 9)
    assert run("--repair")[0] == 0
    code, said = run("--deep", "--repair")
    assert (code, "found in" in said) == (0, True), said
    # What is nowhere stays lost, and is said.
    store.path(first[0]).unlink()
    damaged.unlink()
    code, said = run("--deep", "--repair")
    assert (code, said.count("it is not in segment")) == (1, 4)


def _where(box: Box) -> list[str]:
    rows = Blob.objects.filter(organisation_id=box.organisation_id).exclude(location="")
    return list(rows.values_list("location", flat=True).distinct())


def test_after_a_repair_readers_start_anew(alice: Box) -> None:
    before = Folder.objects.get(pk=alice["INBOX"].folder_id).modseq
    execute(DAMAGE["other flags"], alice)
    run("--repair")
    folder = Folder.objects.get(pk=alice["INBOX"].folder_id)
    assert folder.log_floor == folder.modseq == before + 1
    put(a_message(alice))
    assert run()[0] == 0


def test_a_trimmed_log_is_no_damage(alice: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "KEPT_CHANGES", 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE store_folderlog SET at = at - interval '8 days'")
    assert perform(keeping.trim_log(alice["INBOX"])) == 2
    perform(messages.set_flags(alice["INBOX"], [(2, 4)], add=Flags.named("later")))
    assert run() == (0, "nothing is wrong\n")


def test_a_mailbox_without_usage_gets_it(alice: Box) -> None:
    Usage.objects.filter(mailbox_id=alice.mailbox_id).delete()
    assert run()[0] == 1
    run("--repair")
    assert picture(alice, "INBOX")


def test_keep_does_everything_now(alice: Box) -> None:
    out = io.StringIO()
    call_command("store", "keep", stdout=out)
    assert out.getvalue().splitlines() == [
        "swept 1 contents, 0 blobs and 0 segments",
        "trimmed 0 rows of logs",
        "expired 0 messages",
    ]


def test_uids_that_came_back_are_found() -> None:
    held: checking.Held = {1: (0, frozenset(), 2)}
    log = [(2, 1, 0, None, [1], [1]), (3, 5, 0, None, [1], [1])]
    assert "expunged" in checking.compare(held, log, 0, 3)
    assert "not in its log" in checking.compare({9: (0, frozenset(), 1)}, log, 0, 3)
