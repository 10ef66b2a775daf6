"""The end of DATA, found so that nobody can smuggle a second message (RFC 5321 4.1.1.4, 4.5.2).

CRLF.CRLF ends a message and nothing else does. What looks like an end to a careless server holds a bare CR,
a bare LF or a NUL; a message with one of these is read to its true end and refused as a whole, so what
follows the false end is never taken for a command.
"""

from dataclasses import dataclass
from enum import Enum

END = b"\r\n.\r\n"
_OVERLAP = len(END) - 1
_STUFFED = b"\r\n."
_START = b"\r\n"


class Fault(Enum):
    """Why a message that came to its end is not taken."""

    TOO_LARGE = "more bytes than the limit"
    BARE_NEWLINE = "a CR or LF that stands alone"
    NUL = "a NUL"


@dataclass(frozen=True, slots=True)
class Received:
    """What DATA brought: the bytes, dots unstuffed, or the fault; and `rest`, sent after the end."""

    message: bytes
    fault: Fault | None
    rest: bytes


class DataReader:
    """Fed the bytes after 354 as they come, in any pieces; keeps no more than `limit` of them and a chunk."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # The line end of the DATA command itself: a message may end before its first line.
        self._buffer = bytearray(_START)
        self._stuffed = 0
        self._too_large = False

    def feed(self, chunk: bytes) -> Received | None:
        """Take the next bytes; return what was received once the end has come, and feed no more."""
        buffer = self._buffer
        before = len(buffer)
        buffer += chunk
        end = buffer.find(END, max(before - _OVERLAP, 0))
        if end >= 0:
            rest = bytes(memoryview(buffer)[end + len(END) :])
            del buffer[end + 2 :]
            return Received(*self._judge(), rest)
        self._stuffed += buffer.count(_STUFFED, max(before - 2, 0))
        # A few bytes more than the limit may turn out to belong to the end.
        if self._too_large or len(buffer) - self._stuffed > self._limit + 2 * _OVERLAP:
            self._too_large = True
            del buffer[:-_OVERLAP]
        return None

    def _judge(self) -> tuple[bytes, Fault | None]:
        buffer = self._buffer
        size = len(buffer) - len(_START) - buffer.count(_STUFFED)
        if self._too_large or size > self._limit:
            return b"", Fault.TOO_LARGE
        newlines = buffer.count(b"\n")
        if newlines != buffer.count(b"\r\n") or newlines != buffer.count(b"\r"):
            return b"", Fault.BARE_NEWLINE
        if 0 in buffer:
            return b"", Fault.NUL
        # The first line's stuffed dot follows the line end we began with.
        message = bytes(buffer)
        if _STUFFED in message:
            message = message.replace(_STUFFED, b"\r\n")
        return message[len(_START) :], None
