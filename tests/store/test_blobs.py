"""Bytes come back as they came in, once in an organisation and never across."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.events.transactions import perform
from apps.store import blobs
from apps.store.blobs import BlobMissingError, BlobRef, PackedBlob
from apps.store.fields import BlobHashField
from apps.store.models import Blob
from tests.store.mail import a_box

NOISE = random.Random(7).randbytes(200_000)
WORDS = b"the quick brown fox " * 10_000


def test_what_does_not_shrink_stays_raw() -> None:
    assert blobs.pack(NOISE[:1000]) == (blobs.RAW, NOISE[:1000])
    assert blobs.pack(b"") == (blobs.RAW, b"")
    codec, packed = blobs.pack(WORDS)
    assert codec == blobs.ZSTD
    assert len(packed) < 1000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "codec", "store"),
    [
        (b"", blobs.RAW, blobs.INLINE),
        (b"small", blobs.RAW, blobs.INLINE),
        (WORDS, blobs.ZSTD, blobs.INLINE),
        (NOISE, blobs.RAW, blobs.SEGMENT),
        (NOISE + WORDS * 2, blobs.ZSTD, blobs.SEGMENT),
    ],
    ids=["empty", "small", "packed", "large", "large and packed"],
)
def test_bytes_come_back(body: bytes, codec: int, store: int) -> None:
    alice = a_box()
    [ref] = perform(blobs.put_many(alice.organisation_id, [body]))
    row = Blob.objects.get(organisation_id=alice.organisation_id, hash=ref.hash)
    assert (row.codec, row.store, row.size) == (codec, store, len(body))
    assert perform(blobs.get(ref)) == body
    assert perform(blobs.get_range(ref, 3, 50)) == body[3:50]
    assert perform(blobs.get_range(ref, max(len(body) - 5, 0), len(body) + 5)) == body[-5:]
    assert perform(blobs.get_range(ref, 9, 9)) == b""
    [blob] = perform(blobs.get_many([ref]))
    for start, end in ((0, len(body)), (3, 50), (190_000, len(body) + 5), (2**20 - 7, 2**21 + 7), (9, 9)):
        assert b"".join(blobs.windows(blob, start, end)) == body[start:end]


class RangeTest(TestCase):
    """Every range is that of the bytes."""

    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=300), st.integers(1, 400), st.integers(-5, 400), st.integers(-5, 400))
    def test_any_range(self, seed: bytes, times: int, start: int, end: int) -> None:
        body = seed * times
        [blob] = blobs.prepare([(1, body)])
        assert blobs.read(blob, start, end) == body[max(start, 0) : max(end, 0)]
        assert b"".join(blobs.windows(blob, max(start, 0), end)) == body[max(start, 0) : max(end, 0)]


@pytest.mark.django_db
def test_equal_bytes_are_stored_once_in_an_organisation_and_again_in_another() -> None:
    alice, mallory = a_box(), a_box("mallory")
    first, second = perform(blobs.put_many(alice.organisation_id, [WORDS, WORDS]))
    [third] = perform(blobs.put_many(alice.organisation_id, [WORDS]))
    assert first == second == third
    assert Blob.objects.filter(organisation_id=alice.organisation_id).count() == 1
    with pytest.raises(BlobMissingError):
        perform(blobs.get(BlobRef(mallory.organisation_id, first.hash, first.size)))


@pytest.mark.django_db
def test_many_come_in_the_order_asked_for() -> None:
    alice = a_box()
    refs = perform(blobs.put_many(alice.organisation_id, [b"a", b"b", b"c"]))
    found = perform(blobs.get_many([refs[2], refs[0], refs[2]]))
    assert [blobs.read(blob) for blob in found] == [b"c", b"a", b"c"]


@pytest.mark.django_db
def test_putting_an_old_blob_again_makes_it_young_and_a_young_one_is_left_alone() -> None:
    alice = a_box()
    perform(blobs.put_many(alice.organisation_id, [b"old"]))
    held = Blob.objects.filter(organisation_id=alice.organisation_id)
    for hours, renewed in ((13, True), (11, False)):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE store_blob SET created_at = now() - make_interval(hours => %s) WHERE organisation_id = %s",
                [hours, alice.organisation_id],
            )
        before = held.get().created_at
        perform(blobs.put_many(alice.organisation_id, [b"old"]))
        assert (held.get().created_at > before) == renewed


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9] + b"X" * 9)


@pytest.mark.django_db
@pytest.mark.parametrize("damage", [Path.unlink, _cut, _spoil])
def test_a_lost_blob_is_whole_again_when_its_bytes_come_again(
    damage: Callable[[Path], None], settings: LazySettings, tmp_path: Path
) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    alice, body = a_box(), random.Random(3).randbytes(50_000)
    [ref] = perform(blobs.put_many(alice.organisation_id, [body]))
    damage(blobs.segments().path(Blob.objects.get(organisation_id=alice.organisation_id).location))
    blobs._segments.cache_clear()  # As another process, which does not write to that file.
    perform(blobs.put_many(alice.organisation_id, [body]))
    assert perform(blobs.get(ref)) == body


@pytest.mark.django_db
def test_equal_bytes_cost_no_question_more() -> None:
    alice, body = a_box(), random.Random(4).randbytes(50_000)
    prepared = blobs.prepare([(alice.organisation_id, body)])
    assert len(list(blobs.insert(prepared))) == len(list(blobs.insert(prepared))) == 1


def test_damage_is_said_without_guessing() -> None:
    ref = BlobRef(1, b"h" * 32, 5)
    for blob in (
        PackedBlob(ref, blobs.ZSTD, blobs.INLINE, 3, b"xyz"),
        PackedBlob(ref, blobs.RAW, blobs.SEGMENT, 5, None, "gone.seg", 0),
        PackedBlob(ref, blobs.RAW, blobs.SEGMENT, 5, None, "../x.seg", 0),
    ):
        with pytest.raises(BlobMissingError):
            blobs.read(blob)


@pytest.mark.django_db
def test_every_column_that_names_a_blob_is_registered() -> None:
    named = {
        blobs.Reference(model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.column and (isinstance(field, BlobHashField) or field.column.endswith("blob_hash"))
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns c WHERE column_name LIKE '%%blob_hash'"
            " AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(c.table_name))"
        )
        named |= {blobs.Reference(table, column) for table, column in cursor.fetchall()}
        for reference in blobs.REFERENCES:
            cursor.execute(f"SELECT organisation_id, {reference.column} FROM {reference.table} LIMIT 0")
    assert named == blobs.REFERENCES, "register it in apps.store.blobs.REFERENCES, or mail will be swept away"
