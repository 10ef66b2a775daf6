"""What is said to clamd and what it answers (clamd(8), INSTREAM). Pure."""

import datetime as dt
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

CHUNK = 256 * 1024
LONGEST_ANSWER = 4096
VERSION = b"zVERSION\0"

_ANSWER = re.compile(r"(?:stream|fd\[\d+\]): (?:(?P<name>.{1,300}) FOUND|(?P<clean>OK))\Z", re.DOTALL)
_ERROR = re.compile(r"(?:stream: )?(?P<reason>.{1,300}?)\.? ERROR\Z", re.DOTALL)
_VERSION = re.compile(
    r"ClamAV (?P<engine>[\w.+~-]{1,40})(?:/(?P<number>\d{1,9})/(?P<date>[A-Za-z]{3} [A-Za-z]{3} .{4,30}))?"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the scanner says of a message: a signature's name, or nothing; or why it says nothing."""

    signature: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """The scanner's program and its signatures."""

    engine: str
    signatures: str = ""
    """Their number; '' where it does not tell."""
    made_at: dt.datetime | None = None
    """When they were made."""


def question(data: bytes) -> Iterator[bytes]:
    """Yield the pieces of the question about some bytes."""
    yield b"zINSTREAM\0"
    for at in range(0, len(data), CHUNK):
        piece = data[at : at + CHUNK]
        yield struct.pack(">I", len(piece)) + piece
    yield struct.pack(">I", 0)


def answer(said: bytes) -> Answer:
    """Read the answer to that question."""
    text = said.rstrip(b"\0\r\n").decode("utf-8", "replace").strip()
    if found := _ANSWER.match(text):
        return Answer(found["name"] or "")
    if found := _ERROR.match(text):
        return Answer(fault=found["reason"])
    return Answer(fault="an answer it may not give" if text else "no answer")


def version(said: bytes) -> Version | None:
    """Read the answer to VERSION; None where it is none."""
    found = _VERSION.match(said.rstrip(b"\0\r\n").decode("ascii", "replace"))
    if found is None:
        return None
    made_at = None
    if found["date"]:
        try:
            made_at = dt.datetime.strptime(" ".join(found["date"].split()), "%a %b %d %H:%M:%S %Y").replace(
                tzinfo=dt.UTC
            )
        except ValueError:
            made_at = None
    return Version(found["engine"], found["number"] or "", made_at)
