"""The sample messages are sixty, varied, sound, and the same every time."""

import datetime as dt
import email
import email.policy
import zlib
from collections import Counter

import pytest

from apps.mailflow.samples import Sample, sample_messages
from apps.mailflow.samples.files import pdf, png
from apps.mailflow.samples.letters import LETTERS
from apps.protocols.mime.line_ends import LineEnds, line_ends
from apps.protocols.mime.scan import scan
from apps.store.flags import SEEN

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
SAMPLES = sample_messages(NOW)


def with_subject(subject: str) -> Sample:
    return next(sample for sample in SAMPLES if scan(sample.data).subject == subject)


def test_there_are_sixty() -> None:
    assert len(SAMPLES) == 60
    folders = Counter(sample.folder for sample in SAMPLES)
    assert set(folders) == {"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"}
    assert folders["INBOX"] >= 35
    assert sum(not sample.flags.mask & SEEN for sample in SAMPLES) >= 8


@pytest.mark.slow
def test_they_are_the_same_every_time() -> None:
    assert sample_messages(NOW) == SAMPLES
    assert sample_messages(NOW, seed=2) != SAMPLES


def test_they_are_sound() -> None:
    ids = set()
    for sample in SAMPLES:
        facts = scan(sample.data)
        assert facts.defects == ()
        assert line_ends(sample.data) == LineEnds.CRLF
        assert all(len(line) <= 998 for line in sample.data.split(b"\r\n"))
        assert not email.message_from_bytes(sample.data, policy=email.policy.default).defects
        assert facts.message_id not in ids
        ids.add(facts.message_id)
        assert facts.from_addr
        assert facts.preview
        assert facts.sent_at is not None
        assert 0 <= sample.internaldate - facts.sent_at <= 90
        assert sample.internaldate <= NOW.timestamp() + 90
        assert sample.internaldate > NOW.timestamp() - 45 * 86400
    assert [sample.internaldate for sample in SAMPLES] == sorted(sample.internaldate for sample in SAMPLES)


def test_they_are_varied() -> None:
    structures = b"".join(scan(sample.data).structure for sample in SAMPLES)
    for kind in (b"calendar", b"signed", b"rfc822", b"delivery-status", b"csv", b"pdf", b"png", b"related"):
        assert b'"%b"' % kind in structures, kind
    assert max(len(sample.data) for sample in SAMPLES) > 900_000
    assert sum(len(sample.data) for sample in SAMPLES) < 2_500_000
    long = [scan(sample.data).references for sample in SAMPLES]
    assert max(map(len, long)) == 9


def test_every_language_reads_as_it_was_written() -> None:
    for letter in LETTERS:
        facts = scan(with_subject(letter.subject).data)
        assert facts.text == letter.text.strip()


def test_a_picture_can_be_unpacked() -> None:
    picture = png(8, 4, 1)
    start = picture.index(b"IDAT") + 4
    length = int.from_bytes(picture[start - 8 : start - 4])
    assert len(zlib.decompress(picture[start : start + length])) == 4 * (1 + 8 * 3)


def test_a_document_has_its_table_of_places() -> None:
    document = pdf("Title (1)", ["one"])
    place = int(document.rsplit(b"startxref\n", 1)[1].split(b"\n", 1)[0])
    assert document[place:].startswith(b"xref\n0 6\n")
    for row in document[place:].split(b"\n")[3:8]:
        assert document[int(row[:10]) :].split(b" ", 1)[0].isdigit()
