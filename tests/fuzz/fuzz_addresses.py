"""Fuzz target: any text is an address or an AddressError."""

import contextlib

from apps.protocols.addresses import Address, AddressError


def test_one_input(data: bytes) -> None:
    """Read an address and write it again."""
    with contextlib.suppress(AddressError):
        address = Address.parse(data.decode("utf-8", "surrogateescape"))
        assert Address.parse(str(address)) == address
