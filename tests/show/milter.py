"""As much of a mail server as a milter needs to sign a message: what libmilter speaks, version 6."""

import contextlib
import socket
import struct
from collections.abc import Iterator

_ACTIONS = 0x1FF
_LOOPBACK = b"localhost\x004" + struct.pack("!H", 4025) + b"127.0.0.1\x00"


class Milter:
    """One connection to a milter."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._stream = peer.makefile("rb")
        self._say(b"O", struct.pack("!III", 6, _ACTIONS, 0))

    def filtered(self, message: bytes, sender: str, recipient: str) -> bytes:
        """Return the message with the fields that the milter puts in front."""
        head, _, body = message.partition(b"\r\n\r\n")
        self._say(b"C", _LOOPBACK)
        self._say(b"H", b"localhost\x00")
        self._say(b"M", f"<{sender}>\x00".encode())
        self._say(b"R", f"<{recipient}>\x00".encode())
        self._say(b"T", b"")
        for field in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
            name, _, value = field.partition(b":")
            self._say(b"L", name + b"\x00" + value.removeprefix(b" ") + b"\x00")
        self._say(b"N", b"")
        for at in range(0, len(body), 65_000):
            self._say(b"B", body[at : at + 65_000])
        added = []
        for command, data in self._replies(b"E", b""):
            if command in b"hi":
                name, value = (data[4:] if command == b"i" else data).split(b"\x00")[:2]
                added.append(name + b": " + value.lstrip().replace(b"\n", b"\r\n") + b"\r\n")
        return b"".join(added) + message

    def _say(self, command: bytes, data: bytes) -> None:
        (*_, (reply, _)) = self._replies(command, data)
        assert reply in {b"O", b"c"}, f"the milter says {reply!r} to {command!r}"

    def _replies(self, command: bytes, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        self._peer.sendall(struct.pack("!I", len(data) + 1) + command + data)
        while True:
            (length,) = struct.unpack("!I", self._stream.read(4))
            packet = self._stream.read(length)
            yield packet[:1], packet[1:]
            if packet[:1] in b"Ocartyd":
                return


@contextlib.contextmanager
def connected(port: int) -> Iterator[Milter]:
    """Speak to the milter at a port of loopback."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        yield Milter(peer)
