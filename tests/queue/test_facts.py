"""Facts survive the queue."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.scan import Scanned
from apps.queue import facts

text = st.text(max_size=40)
scanned = st.builds(
    Scanned,
    size=st.integers(0, 2**31 - 1),
    header_end=st.integers(0, 2**31 - 1),
    envelope=st.binary(max_size=60),
    structure=st.binary(max_size=60),
    parts=st.binary(max_size=60),
    subject=text,
    from_addr=text,
    to_addr=text,
    sent_at=st.none() | st.integers(-(2**40), 2**40),
    message_id=text,
    references=st.lists(text, max_size=3).map(tuple),
    preview=text,
    text=st.just(""),
    has_attachment=st.booleans(),
    hops=st.integers(0, 1000),
    defects=st.lists(text, max_size=3).map(tuple),
)


@given(scanned)
def test_what_is_packed_comes_back(value: Scanned) -> None:
    assert facts.unpack(facts.pack(value)) == value


@pytest.mark.parametrize("texts", [b"", b"7", b"[]", b"[0,0,0,0,0,0,7,0,0,0,0]", b"[" * 100_000, b"\xff"])
def test_damaged_texts_are_refused(texts: bytes) -> None:
    with pytest.raises(ValueError, match="not facts"):
        facts.unpack(struct.pack("<BIIIII", 1, 0, len(texts), 0, 0, 0) + texts)


@given(st.binary(max_size=80))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not facts"):
        facts.unpack(data)
