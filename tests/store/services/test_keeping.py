"""Housekeeping takes what nobody needs, and nothing else."""

import os
import random
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection

from apps.events.transactions import perform
from apps.queue import models as queue
from apps.store import blobs
from apps.store.flags import Flags
from apps.store.models import Blob, Content, Folder, FolderLog, Message
from apps.store.partitions import PARTITIONS
from apps.store.services import keeping, messages
from apps.store.services.keeping import Cursor, Swept
from apps.store.values import FolderRef
from tests.store.mail import Box, a_box, a_message, picture, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("an_empty_store")]


def age(table: str, column: str, key: str, value: int, interval: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = {column} - %s::interval WHERE {key} = %s",
            [interval, value],
        )


def sweep() -> None:
    for partition in range(PARTITIONS):
        perform(keeping.sweep_contents(partition))
    perform(keeping.sweep_blobs())


def test_a_blob_goes_a_day_after_the_last_message_of_it() -> None:
    alice = a_box()
    put(a_message(alice, body=b"kept"), a_message(alice, body=b"gone"))
    perform(messages.copy(alice["INBOX"], alice["Sent"], [(1, 1)]))
    perform(messages.expunge(alice["INBOX"], only_deleted=False))
    sweep()
    assert Content.objects.filter(mailbox_id=alice.mailbox_id).count() == 1
    held = Blob.objects.filter(organisation_id=alice.organisation_id)
    assert held.count() == 2
    age("store_blob", "created_at", "organisation_id", alice.organisation_id, "25 hours")
    sweep()
    assert held.count() == 1
    assert picture(alice, "Sent") == {1: frozenset()}


def test_what_the_queue_names_stays() -> None:
    alice = a_box()
    [ref] = perform(blobs.put_many(alice.organisation_id, [b"queued"]))
    queued = queue.QueuedMessage.objects.create(
        organisation_id=alice.organisation_id,
        blob_hash=ref.hash,
        size=6,
        facts=b"",
        sender="",
        trace_id="00000000-0000-0000-0000-000000000001",
        prefix=b"",
    )
    age("store_blob", "created_at", "organisation_id", alice.organisation_id, "25 hours")
    sweep()
    assert perform(blobs.get(ref)) == b"queued"
    queued.delete()
    sweep()
    assert not Blob.objects.filter(organisation_id=alice.organisation_id).exists()


@pytest.fixture
def long_log(monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.setattr(keeping, "KEPT_CHANGES", 3)
    alice = a_box()
    put(*(a_message(alice) for _ in range(4)))
    for uid in (1, 2, 3):
        perform(messages.set_flags(alice["INBOX"], [(uid, uid)], add=Flags.named("\\Deleted")))
        perform(messages.expunge(alice["INBOX"]))
    for flag in ("\\Seen", "\\Flagged", "todo", "later"):
        perform(messages.set_flags(alice["INBOX"], [(4, 4)], add=Flags.named(flag)))
    return alice


def logged(box: Box) -> list[tuple[int, int]]:
    return list(
        FolderLog.objects.filter(folder_id=box["INBOX"].folder_id)
        .order_by("modseq")
        .values_list("modseq", "op")
    )


def test_a_young_log_stays(long_log: Box) -> None:
    before = logged(long_log)
    assert perform(keeping.trim_log(long_log["INBOX"])) == 0
    assert logged(long_log) == before


def test_an_old_log_keeps_its_end_and_a_row_of_expunges_for_each_day(long_log: Box) -> None:
    ref = long_log["INBOX"]
    age("store_folderlog", "at", "folder_id", ref.folder_id, "8 days")
    assert perform(keeping.trim_log(ref)) == 8
    folder = Folder.objects.get(pk=ref.folder_id)
    assert (folder.modseq, folder.log_floor, folder.expunge_floor) == (12, 9, 0)
    assert logged(long_log) == [(8, 5), (10, 2), (11, 2), (12, 2)]
    [row] = FolderLog.objects.filter(folder_id=ref.folder_id, op=5)
    assert [(one.lower, one.upper) for one in row.uids] == [(1, 4)]
    assert perform(keeping.trim_log(ref)) == 0


def test_expunges_go_after_their_time(long_log: Box) -> None:
    ref = long_log["INBOX"]
    age("store_folderlog", "at", "folder_id", ref.folder_id, "401 days")
    perform(keeping.trim_log(ref))
    folder = Folder.objects.get(pk=ref.folder_id)
    assert (folder.log_floor, folder.expunge_floor) == (9, 8)
    assert not FolderLog.objects.filter(folder_id=ref.folder_id, op=5).exists()


@pytest.mark.parametrize(("idle", "floor"), [("0 days", 5), ("31 days", 9)])
def test_a_log_waits_for_whoever_still_reads_it(
    long_log: Box, monkeypatch: pytest.MonkeyPatch, idle: str, floor: int
) -> None:
    ref = long_log["INBOX"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE a_cursor (folder_id bigint, modseq bigint, touched_at timestamptz)")
        cursor.execute("INSERT INTO a_cursor VALUES (%s, 5, now() - %s::interval)", [ref.folder_id, idle])
    monkeypatch.setattr(keeping, "CURSORS", {Cursor("a_cursor")})
    age("store_folderlog", "at", "folder_id", ref.folder_id, "8 days")
    perform(keeping.trim_log(ref))
    assert Folder.objects.get(pk=ref.folder_id).log_floor == floor


def test_a_folder_that_keeps_mail_for_a_time_lets_it_go() -> None:
    alice = a_box()
    put(*(a_message(alice, "Trash") for _ in range(3)), a_message(alice))
    Message.objects.filter(mailbox_id=alice.mailbox_id, uid__lte=2).update(saved_at=1000)
    assert keeping.expire() == 0
    Folder.objects.filter(pk=alice["Trash"].folder_id).update(retention_days=30)
    assert keeping.expire() == 2
    assert set(picture(alice, "Trash")) == {3}
    assert set(picture(alice, "INBOX")) == {1}


def test_dead_segments_go_and_sparse_ones_are_written_anew(settings: LazySettings, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    noise = random.Random(1)
    bodies = [noise.randbytes(50_000) for _ in range(3)]
    alice = a_box()
    refs = perform(blobs.put_many(alice.organisation_id, bodies))
    store = blobs.segments()
    [segment] = store.names()
    store._close()
    os.utime(store.path(segment), (1000, 1000))
    assert keeping.drop_segments() == 0
    assert store.names() == [segment]

    Blob.objects.filter(organisation_id=alice.organisation_id, hash__in=[refs[0].hash, refs[2].hash]).delete()
    assert keeping.drop_segments() == 0
    assert len(store.names()) == 2
    assert perform(blobs.get(refs[1])) == bodies[1]
    assert Blob.objects.get(organisation_id=alice.organisation_id).location != segment

    assert keeping.drop_segments() == 0
    os.utime(store.path(segment), (1000, 1000))
    assert keeping.drop_segments() == 1
    assert perform(blobs.get(refs[1])) == bodies[1]


def test_a_segment_waits_a_day_for_its_last_readers(settings: LazySettings, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    alice, body = a_box(), random.Random(5).randbytes(50_000)
    [ref] = perform(blobs.put_many(alice.organisation_id, [body]))
    [reading] = perform(blobs.get_many([ref]))
    store = blobs.segments()
    store._close()
    perform(blobs.put_many(alice.organisation_id, [body]))
    os.utime(store.path(reading.location), (1000, 1000))
    assert keeping.drop_segments() == 0
    assert blobs.read(reading) == body
    os.utime(store.path(reading.location), (1000, 1000))
    assert keeping.drop_segments() == 1
    assert perform(blobs.get(ref)) == body


def test_a_damaged_segment_keeps_no_other_from_being_written_anew(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    noise = random.Random(2)
    alice = a_box()
    store = blobs.segments()
    refs = []
    for _ in range(4):
        refs.append(
            perform(blobs.put_many(alice.organisation_id, [noise.randbytes(50_000) for _ in range(3)]))
        )
        store._close()
    Blob.objects.filter(
        organisation_id=alice.organisation_id, hash__in=[two[0].hash for two in refs]
    ).delete()
    Blob.objects.filter(
        organisation_id=alice.organisation_id, hash__in=[two[1].hash for two in refs]
    ).delete()
    first, *others = store.names()
    Blob.objects.filter(location=first).update(position=10**9)
    for segment in (first, *others):
        os.utime(store.path(segment), (1000, 1000))
    keeping.drop_segments()
    assert not Blob.objects.filter(location__in=others).exists()
    assert Blob.objects.filter(location=first).exists()


def test_a_turn_that_is_over_does_nothing_more() -> None:
    alice = a_box()
    put(a_message(alice))
    perform(messages.expunge(alice["INBOX"], only_deleted=False))
    assert keeping.sweep(lambda: False) == Swept(0, 0, 0)
    assert keeping.sweep() == Swept(1, 0, 0)


def test_only_long_logs_are_trimmed(long_log: Box) -> None:
    age("store_folderlog", "at", "folder_id", long_log["INBOX"].folder_id, "8 days")
    assert keeping.trim(lambda: False) == 0
    assert keeping.trim() == 8
    assert keeping.trim() == 0


def test_a_folder_that_is_gone_has_no_log_to_trim() -> None:
    assert perform(keeping.trim_log(FolderRef(1, 0))) == 0
