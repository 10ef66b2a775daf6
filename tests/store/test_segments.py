"""Large bodies are on the disk when `write` returns, and nobody removes a file that is written to."""

import os
from pathlib import Path

import pytest

from apps.store.segments import HEADER, MAGIC, Record, Segments


def record(data: bytes) -> Record:
    return Record(7, b"h" * 32, len(data), 0, 0, data)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "s")
    first, second = segments.write([record(b"hello"), record(b"world!")])
    [third] = segments.write([record(b"again")])
    assert first.segment == second.segment == third.segment
    assert segments.read(first.segment, first.position, 5) == b"hello"
    assert segments.read(second.segment, second.position + 2, 3) == b"rld"
    assert segments.read(third.segment, third.position, 5) == b"again"
    assert segments.write([]) == []


def test_a_record_says_what_it_is_without_the_database(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    [place] = segments.write([record(b"hello")])
    header = HEADER.unpack(segments.read(place.segment, place.position - HEADER.size, HEADER.size))
    assert header == (MAGIC, 7, b"h" * 32, 5, 5, 0, 0)


def test_a_full_file_gives_way_to_a_new_one(tmp_path: Path) -> None:
    segments = Segments(tmp_path, roll_bytes=10)
    names = {segments.write([record(b"0123456789")])[0].segment for _ in range(3)}
    assert sorted(names) == segments.names()
    assert len(names) == 3


def test_reading_past_the_end_or_out_of_the_directory_fails(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    [place] = segments.write([record(b"hello")])
    with pytest.raises(EOFError):
        segments.read(place.segment, place.position, 6)
    with pytest.raises(ValueError, match="not a segment"):
        segments.read("../../etc/passwd", 0, 1)
    with pytest.raises(FileNotFoundError):
        segments.read("0.seg", 0, 1)
    assert segments.size("0.seg") == -1


def test_only_an_idle_file_is_removed(tmp_path: Path) -> None:
    writer, sweeper = Segments(tmp_path, roll_bytes=1), Segments(tmp_path)
    [old] = writer.write([record(b"hello")])
    os.utime(writer.path(old.segment), (0, 0))
    assert not sweeper.remove(old.segment, seconds=60)
    [new] = writer.write([record(b"hello")])
    assert sweeper.remove(old.segment, seconds=60)
    assert sweeper.names() == [new.segment]
    assert not sweeper.remove("gone.seg", seconds=60)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_process_writes_to_a_file_of_its_own(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    [mine] = segments.write([record(b"parent")])
    if (child := os.fork()) == 0:
        [theirs] = segments.write([record(b"child")])
        os._exit(0 if theirs.segment != mine.segment else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert segments.write([record(b"parent again")])[0].segment == mine.segment


def test_a_failed_write_abandons_the_file(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    [before] = segments.write([record(b"hello")])
    os.close(segments._file)
    segments._file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space"):
        segments.write([record(b"lost")])
    [after] = segments.write([record(b"kept")])
    assert after.segment != before.segment
    assert segments.read(after.segment, after.position, 4) == b"kept"
