"""How a server is asked by TCP: an answer of thousands of records is refused before it is read.

dnspython takes 70 microseconds a record, so one answer as large as DNS can carry keeps a listener for a third of a second,
and the policy of a stranger may ask for a hundred of them. By UDP a server keeps to the 1232 bytes that we offer.
"""

import asyncio
import contextlib
import socket
import struct
import time
from typing import Any

import dns.exception
import dns.message
import dns.nameserver
import dns.query

# Large companies prove their domains to a hundred services by a TXT record each.
MOST_RECORDS = 300
_LENGTH = struct.Struct("!H")
_COUNTS = struct.Struct("!3H")


class TooManyRecordsError(dns.exception.FormError):
    """An answer holds more records than anybody needs."""


class Nameserver(dns.nameserver.Do53Nameserver):
    """A server that is asked by UDP as dnspython does it, and by TCP with a look at the counts first."""

    def query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,
        source: str | None,
        source_port: int,
        max_size: bool,  # noqa: FBT001
        one_rr_per_rrset: bool = False,  # noqa: FBT001, FBT002
        ignore_trailing: bool = False,  # noqa: FBT001, FBT002
    ) -> dns.message.Message:
        """Ask in a thread; a large answer by TCP."""
        if not max_size:
            return super().query(
                request, timeout, source, source_port, max_size, one_rr_per_rrset, ignore_trailing
            )
        ends = time.monotonic() + timeout
        wire = request.to_wire()
        try:
            with socket.create_connection((self.address, self.port), timeout=timeout) as sock:
                sock.sendall(_LENGTH.pack(len(wire)) + wire)
                (length,) = _LENGTH.unpack(_exactly(sock, 2, ends))
                return _read(request, _exactly(sock, length, ends))
        except TimeoutError:
            raise dns.exception.Timeout(timeout=timeout) from None  # type: ignore[no-untyped-call]

    async def async_query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,  # noqa: ASYNC109 - as it is there
        source: str | None,
        source_port: int,
        max_size: bool,  # noqa: FBT001
        backend: Any,
        one_rr_per_rrset: bool = False,  # noqa: FBT001, FBT002
        ignore_trailing: bool = False,  # noqa: FBT001, FBT002
    ) -> dns.message.Message:
        """Do the same on a loop."""
        if not max_size:
            return await super().async_query(
                request, timeout, source, source_port, max_size, backend, one_rr_per_rrset, ignore_trailing
            )
        wire = request.to_wire()
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(self.address, self.port)
                with contextlib.closing(writer):
                    writer.write(_LENGTH.pack(len(wire)) + wire)
                    (length,) = _LENGTH.unpack(await reader.readexactly(2))
                    return _read(request, await reader.readexactly(length))
        except TimeoutError:
            raise dns.exception.Timeout(timeout=timeout) from None  # type: ignore[no-untyped-call]


def _exactly(sock: socket.socket, size: int, ends: float) -> bytes:
    """Read so many bytes until then; a server that sends one a second does not get longer."""
    data = bytearray()
    while len(data) < size:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)
        some = sock.recv(size - len(data))
        if not some:
            raise EOFError
        data += some
    return bytes(data)


def _read(request: dns.message.QueryMessage, wire: bytes) -> dns.message.Message:
    if len(wire) < 12:
        raise dns.message.ShortHeader
    if (count := sum(_COUNTS.unpack_from(wire, 6))) > MOST_RECORDS:
        raise TooManyRecordsError(f"{count} records")  # type: ignore[no-untyped-call]
    response = dns.message.from_wire(wire)
    if not request.is_response(response):
        raise dns.query.BadResponse
    return response
