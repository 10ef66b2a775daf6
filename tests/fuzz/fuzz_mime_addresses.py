"""Fuzz target: any value is a list of addresses, no more of them than asked for."""

from apps.protocols.mime.addresslist import GROUP_END, parse_addresses, spec_text
from apps.protocols.mime.structure import address_list
from tests.protocols.mime.wire_reader import read


def test_one_input(data: bytes) -> None:
    """Read the bytes as the value of To; what IMAP is told of them is a list of four strings each."""
    found = parse_addresses(data)
    for mailbox in found:
        spec_text(mailbox).encode()
    # A group that the limit leaves open is closed.
    assert len([mailbox for mailbox in parse_addresses(data, 3) if mailbox != GROUP_END]) <= 3
    written = read(address_list(data))
    assert written is None or (isinstance(written, list) and all(len(each) == 4 for each in written))  # type: ignore[arg-type]
