"""Messages come out of an mbox as they went in, whoever wrote it."""

import io
import mailbox
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.protocols.mime.mbox import from_line_date, is_separator, mbox_flags, read_mbox, unquote
from tests.shared_data import shared

SEPARATOR = b"From alice@example.test Tue Nov 24 10:00:00 2026\n"


def bodies(data: bytes, limit: int = 10_000) -> list[bytes | None]:
    return [item.data for item in read_mbox(io.BytesIO(data), limit=limit)]


def test_it_works() -> None:
    data = SEPARATOR + b"Subject: one\n\n1\n\n" + SEPARATOR + b"Subject: two\n\n2\n"
    items = [*read_mbox(io.BytesIO(data), limit=1000)]
    assert [item.data for item in items] == [b"Subject: one\n\n1\n", b"Subject: two\n\n2\n"]
    assert [item.offset for item in items] == [0, data.rindex(b"From ")]
    assert from_line_date(items[0].from_line) == 1795514400


def test_from_in_a_body_is_no_separator() -> None:
    one = b"Subject: one\n\nsome words\nFrom alice Tue Nov 24 10:00:00 2026\n\nFrom here on it is easy\n"
    assert bodies(SEPARATOR + one + b"\n" + SEPARATOR + b"\nx\n") == [one, b"\nx\n"]


def test_separators_of_many_writers() -> None:
    for line in (
        b"From - Tue Nov 24 10:00:00 2026\r\n",
        b"From 1546548945@xxx Tue Nov 24 10:00:00 +0000 2026\n",
        b"From alice@example.test  Tue Nov 24 10:00:00 UTC 2026\n",
        b"From MAILER-DAEMON Tue, 24 Nov 2026 10:00:00 +0000\n",
        b"From ???@??? Tue Nov 24 10:00:00 2026\n",
        b'From "a b"@example.test Tue Nov 24 10:00:00 2026\n',
    ):
        assert is_separator(line), line
        assert from_line_date(line) == 1795514400, line
    assert is_separator(b"From - \n")
    assert from_line_date(b"From - \n") is None
    assert not is_separator(b"From: alice@example.test at 10:00 in 2026\n")
    assert not is_separator(b"From here to eternity\n")
    assert not is_separator(b"From 11:2026 on\n")


def test_a_line_of_many_times_is_no_separator_and_takes_no_time() -> None:
    """One pattern for both orders took eight seconds for a megabyte of these."""
    line = b"From " + b"1:11 " * 200 + b"\n"
    began = time.process_time()
    assert not any(is_separator(line) for _ in range(1000))
    assert time.process_time() - began < 1


def test_content_length_is_believed_where_it_fits() -> None:
    body = b"\nFrom x Tue Nov 24 10:00:00 2026\n\n"
    one = b"Subject: one\nContent-Length: %d\n\n" % len(body) + body
    assert bodies(SEPARATOR + one + b"\n" + SEPARATOR + b"Subject: two\n\n2\n") == [
        one,
        b"Subject: two\n\n2\n",
    ]
    assert bodies(SEPARATOR + one) == [one]
    wrong = one.replace(b"th: ", b"th: 9")
    assert len(bodies(SEPARATOR + wrong)) == 2


def test_too_large_a_message_is_passed_over() -> None:
    data = SEPARATOR + b"\n" + b"x" * 5000 + b"\n\n" + SEPARATOR + b"Subject: two\n\n2\n"
    items = [*read_mbox(io.BytesIO(data), limit=1000)]
    assert [item.data for item in items] == [None, b"Subject: two\n\n2\n"]
    assert items[0].size == 5003


def test_what_stands_before_the_first_separator_is_not_lost() -> None:
    assert bodies(b"\n\nSubject: x\n\ny\n\n" + SEPARATOR + b"z: z\n\n") == [b"Subject: x\n\ny\n", b"z: z\n"]
    assert bodies(b"") == bodies(b"\n\n") == []


def test_flags() -> None:
    header = (
        b"Status: RO\nX-Status: AF\nX-Keywords: todo (bad) $Junk\nX-Mozilla-Status: 0009\n"
        b"X-Gmail-Labels: Inbox,Important\n\nStatus: D"
    )
    assert mbox_flags(header) == (
        "\\Seen", "\\Answered", "\\Flagged", "todo", "$Junk", "\\Deleted", "$Important",
    )  # fmt: skip
    assert mbox_flags(b"Status: O\nX-Mozilla-Status: no\n\n") == ()


def test_unquoting() -> None:
    assert unquote(b">From a\n>>From b\n >From c\n>Fromage") == b"From a\n>From b\n >From c\n>Fromage"


@pytest.mark.parametrize("name", ["mail/sample.mbox", "mime/mime4j/mbox/src/test/resources/test-1/mbox.rlug"])
def test_the_standard_library_finds_the_same_messages(name: str) -> None:
    path = shared(name)
    theirs = mailbox.mbox(path, create=False)
    with path.open("rb") as stream:
        ours = [item.data for item in read_mbox(stream, limit=10_000_000)]
    assert ours == [theirs.get_bytes(key) for key in theirs.keys()]  # noqa: SIM118


def test_mime4j_finds_the_same_messages() -> None:
    path = shared("mime/mime4j/mbox/src/test/resources/test-1/mbox.rlug")
    expected = [Path(f"{path}-{n}").read_bytes() for n in range(5)]
    with path.open("rb") as stream:
        ours = [item.data for item in read_mbox(stream, limit=10_000_000)]
    assert [(data or b"").rstrip() for data in ours] == [data.rstrip() for data in expected]


lines = st.sampled_from(
    [b"a\n", b"\n", b"\r\n", b"x" * 70000, b"Content-Length: 3\n", SEPARATOR, b"From x\n", b"Subject: y\n"]
)


@given(st.lists(lines, max_size=30).map(b"".join) | st.binary(max_size=200))
@example(b"a\nContent-Length: 3\n\na\na\nFrom x\n" + SEPARATOR)
def test_nothing_is_lost(data: bytes) -> None:
    """Whatever the file: messages follow each other, and only separators and blank lines are left out."""
    items = [*read_mbox(io.BytesIO(data), limit=10_000_000)]
    at = 0
    for item in items:
        assert item.data is not None
        assert data[at : item.offset].strip() == b""
        start = item.offset + len(item.from_line)
        assert data[start : start + item.size] == item.data
        at = start + item.size
    assert data[at:].strip() == b""
