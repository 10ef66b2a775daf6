"""ENVELOPE read back from the wire, as SEARCH wants its fields (RFC 3501 6.4.4, 7.4.2)."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from apps.protocols.mime.dates import parse_date
from apps.protocols.mime.headers import decode_words

TEXTS = {"date": 0, "subject": 1, "in-reply-to": 8, "message-id": 9}
ADDRESSES = {"from": 2, "to": 5, "cc": 6, "bcc": 7}
FIELDS = TEXTS | ADDRESSES
"""Where a header field stands in an envelope; Sender and Reply-To are not always what the header says."""

_TOKEN = re.compile(rb'[ ]*+(?:([()])|"((?:[^"\\]|\\.)*+)"|\{(\d{1,10})\}\r\n|(NIL))', re.DOTALL)
_FIRST_TWO = re.compile(rb'\((?:NIL|"(?:[^"\\]|\\.)*+") (NIL|"(?:[^"\\]|\\.)*+")', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"\([^()]*\)")
_ZONE = re.compile(rb"(?<=[\d\s])\s*(?:(?:GMT|UTC?)?[+-]\d{1,4}(?::\d\d)?|[A-Za-z]{1,5})\s*$")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (a day as written has no zone)

_OPEN, _CLOSE = object(), object()
type _Item = bytes | object | None


def field(envelope: bytes, name: str) -> str | None:
    """Return a field, decoded, or None if the message has none; addresses as `name <local@host>, ...`."""
    if name == "subject" and (match := _FIRST_TWO.match(envelope)):
        return None if match[1] == b"NIL" else decode_words(_unescaped(match[1][1:-1]))
    at = FIELDS[name]
    items = _items(envelope)
    for place in range(at + 1):
        item = next(items, None)
        if item is not _OPEN:
            if place == at:
                return decode_words(item) if isinstance(item, bytes) else None
            continue
        words = _list(items)
        if place == at:
            return _addresses(words)
    return None


def people(envelope: bytes, name: str, most: int = 20) -> list[tuple[str, str]]:
    """Return the first addresses of a field, each as its name (or "") and its address; groups are left out."""
    at = FIELDS[name]
    items = _items(envelope)
    for place in range(at + 1):
        item = next(items, None)
        words = _list(items) if item is _OPEN else []
        if place == at:
            return _people(words, most)
    return []


def may_hold(envelope: bytes, name: str, words: Sequence[bytes]) -> bool:
    """Return False only where a field cannot hold all of these words of lower-case letters and digits; quick.

    An encoded or non-ASCII text must be decoded to know.
    """
    match = _FIRST_TWO.match(envelope)
    if match is None:
        return True
    if name == "subject":
        part = match[1]
    elif name == "date":
        return True
    else:
        part = envelope[match.end() :]
    if b"=?" in part or not part.isascii():
        return True
    low = part.lower()
    return all(word in low for word in words)


def written_day(date: bytes) -> dt.date | None:
    """Return the day of a Date field where it was written, its time and zone disregarded."""
    text = _COMMENT.sub(b" ", date) if b"(" in date else date
    seconds = parse_date(_ZONE.sub(b"", text))
    if seconds is None:
        return None
    try:
        return (_EPOCH + dt.timedelta(seconds=seconds)).date()
    except OverflowError:
        return None


def _items(envelope: bytes) -> Iterator[_Item]:
    """Yield what is between the outermost parentheses; ends where it cannot be read."""
    at = 1
    while match := _TOKEN.match(envelope, at):
        parenthesis, quoted, literal, nil = match.groups()
        at = match.end()
        if parenthesis:
            yield _OPEN if parenthesis == b"(" else _CLOSE
        elif literal is not None:
            yield envelope[at : at + int(literal)]
            at += int(literal)
        elif nil:
            yield None
        else:
            yield _unescaped(quoted)


def _unescaped(quoted: bytes) -> bytes:
    return _ESCAPE.sub(rb"\1", quoted) if b"\\" in quoted else quoted


def _list(items: Iterator[_Item]) -> list[list[bytes | None]]:
    """Read the lists within a list that was opened."""
    lists: list[list[bytes | None]] = []
    for item in items:
        if item is _CLOSE:
            return lists
        if item is _OPEN:
            words: list[bytes | None] = []
            for word in items:
                if word is _CLOSE:
                    break
                words.append(word if isinstance(word, bytes) else None)
            lists.append(words)
    return lists


def _people(lists: list[list[bytes | None]], most: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for words in lists:
        name, _, local, host = (*words, None, None, None, None)[:4]
        if host is not None and len(found) < most:
            address = f"{(local or b'').decode('utf-8', 'replace')}@{host.decode('utf-8', 'replace')}"
            found.append((decode_words(name) if name else "", address))
    return found


def _addresses(lists: list[list[bytes | None]]) -> str:
    out = []
    for words in lists:
        name, _, local, host = (*words, None, None, None, None)[:4]
        shown = decode_words(name) if name else ""
        if host is not None:
            address = f"{(local or b'').decode('utf-8', 'replace')}@{host.decode('utf-8', 'replace')}"
            out.append(f"{shown} <{address}>" if shown else address)
        elif local:
            out.append(f"{local.decode('utf-8', 'replace')}:")
    return ", ".join(out)
