"""Fuzz target: a part of a part of a message is the same bytes as that part of the whole."""

import contextlib
from dataclasses import replace

from apps.protocols.imap.commands import Section
from apps.protocols.imap.commands.fetch import parse_fetch
from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.sections import needed, written
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan

PREFIX = b"Received: from a\r\n\tby b\r\n"
MESSAGE = (
    b"Subject: two parts\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n--x--\r\n"
)
TABLE = PartTable.decode(scan(MESSAGE).parts)


def read(section: Section) -> bytes | None:
    """Read what a section needs, as the store does."""
    need = needed(section, TABLE, len(PREFIX))
    return None if need is None else PREFIX[need.prefix] + MESSAGE[need.start : need.end]


def test_one_input(data: bytes) -> None:
    """Read a FETCH, and fetch every section of it whole and in the part asked for."""
    with contextlib.suppress(ProtocolError):
        for item in parse_fetch(Lexer([b" 1 " + data])).items:
            if not isinstance(item, Section):
                continue
            found = read(item)
            written(item, found)
            if item.partial is not None and not item.fields and found is not None:
                whole = read(replace(item, partial=None))
                assert whole is not None
                start, length = item.partial
                assert found == whole[start : start + length]
