"""Modified UTF-7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.utf7 import decode, encode


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("Entwürfe", b"Entw&APw-rfe"),
        ("R&D", b"R&-D"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # The example of RFC 3501 5.1.3.
        ("📬", b"&2D3c7A-"),
    ],
)
def test_it_works(name: str, wire: bytes) -> None:
    assert encode(name) == wire
    assert decode(wire) == name


def test_plain_utf8_is_understood() -> None:
    assert decode("Entwürfe".encode()) == "Entwürfe"


@pytest.mark.parametrize("wire", [b"&", b"&APw", b"&A-", b"\xff", b"a\x00b", b"&AAA-", b"&2D0-"])
def test_what_is_no_name_is_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(wire)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_any_name_is_read_back(name: str) -> None:
    assert decode(encode(name)) == name
    assert encode(name).isascii()
