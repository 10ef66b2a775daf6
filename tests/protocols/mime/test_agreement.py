"""The scanner beside the standard library's parser and mime4j's expectations, on every message of the shared data.

Where they disagree the table names the message and the reason; a disagreement that is not in it fails, and so
does an entry that is no longer true.
"""

import email
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, mktime_tz, parsedate_tz
from pathlib import Path

import pytest

from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.dates import parse_date
from apps.protocols.mime.headers import decode_text, fields, header_end, unfold
from apps.protocols.mime.parts import LEAF, MESSAGE, MULTIPART
from apps.protocols.mime.text import decoded_bytes
from apps.protocols.mime.tree import Node, Tree
from tests.shared_data import shared

NO_PARTS = (
    "a multipart without parts is a text to us, whole: IMAP has no empty multipart (RFC 3501 body-type-mpart)"
)
STATUS = "message/delivery-status is a leaf in IMAP; the library makes a message of every block in it"
EXTERNAL = "message/external-body is a leaf in IMAP; the library parses the message in it"
LAST_LINE_END = "the last line end of a multipart that is not closed belongs to no delimiter, so it stays"
FOLDED = (
    "a boundary folded inside its quotes is unfolded (RFC 5322 2.2.3); the library keeps the line end in it"
)
SPACE = (
    "white space before the colon is allowed in old mail (RFC 5322 4.5); the library ends the header there"
)
EMPTY_PART = "opened and at once closed: one empty part; the library takes the epilogue for its body"

STANDARD_LIBRARY = {
    "msg_15.txt": NO_PARTS,
    "msg_16.txt": STATUS,
    "msg_17.txt": NO_PARTS,
    "msg_25.txt": NO_PARTS,
    "msg_31.txt": NO_PARTS,
    "msg_36.txt": EXTERNAL,
    "msg_39.txt": NO_PARTS,
    "msg_41.txt": NO_PARTS,
    "msg_42.txt": NO_PARTS,
    "msg_43.txt": STATUS,
    "badbound.msg": NO_PARTS,
    "jt-0498.msg": LAST_LINE_END,
    "multi-bad.msg": LAST_LINE_END,
    "multi-badnames.msg": FOLDED,
    "multi-clen.msg": FOLDED,
    "multi-digest.msg": FOLDED,
    "multi-simple.msg": FOLDED,
    "ending-boundaries.msg": NO_PARTS,
    "missing-boundary.msg": NO_PARTS,
    "missing-inner-boundary.msg": NO_PARTS,
    "missing-inner-start-boundary.msg": NO_PARTS,
    "multipartemptypart.msg": EMPTY_PART,
    "multipartnopart.msg": NO_PARTS,
    "obsolete.msg": SPACE,
}

DOUBLED = (
    "delimiters in a row count as one, as in the standard library; mime4j sees an empty part between them"
)
ENCODED = "a message/rfc822 or multipart may not be encoded (RFC 2045 6.4) and IMAP cannot look into one; mime4j does"
JUNK = "a line that is no field ends the header, as in the standard library; mime4j goes on"
LONG = "a boundary does not end in white space (RFC 2046 5.1.1), and white space may follow it"
TEXT_AFTER = "text after a delimiter makes it none, as in the standard library; mime4j allows it"
CUT = "what base64 was cut off in the middle of is decoded as far as it goes; mime4j drops the last group"
XML = "the expectation is no well-formed XML"

MIME4J = {
    "2002_06_12_doublebound.msg": XML,
    "twopart.msg": XML,
    "badbound.msg": NO_PARTS,
    "double-bound.msg": DOUBLED,
    "frag.msg": CUT,
    "multi-frag.msg": CUT,
    "hdr-fakeout.msg": JUNK,
    "multi-2gifs-base64.msg": ENCODED,
    "bad-newlines-multiple-parts-base64.msg": ENCODED,
    "base64encoded-rfc822message-nested.msg": ENCODED,
    "base64encoded-rfc822message.msg": ENCODED,
    "basic-plain-with-bad-header-separator.msg": JUNK,
    "malformedHeader-nocrlfcrlf.msg": JUNK,
    "malformedHeader-noheader.msg": JUNK,
    "malformedHeaderStartsBody-nocrlfcrlf.msg": JUNK,
    "malformedHeaderStartsBody-noheader.msg": JUNK,
    "obsolete.msg": JUNK,
    "ending-boundaries.msg": TEXT_AFTER,
    "missing-boundary.msg": NO_PARTS,
    "missing-inner-boundary.msg": NO_PARTS,
    "missing-inner-start-boundary.msg": NO_PARTS,
    "multipartnopart.msg": NO_PARTS,
    "very-long-boundary.msg": LONG,
    "very-very-long-boundary.msg": LONG,
    "weird-boundary.msg": LONG,
}

NOT_A_DATE = "a zone without its sign is no zone; the library gives up the whole date"
GROUP_NAMES = "an empty group is no address"
IN_ANGLES = "a colon in <...> that starts no route is part of the address"
SPACED = "no white space is added between an encoded word and the next (RFC 2047 6.2)"
VALUES = {
    b"Tue, 17 Jul 2012 22:23:35.882 0000": NOT_A_DATE,
    b"<Undisclosed-Recipient:;@netnoteinc.com>": IN_ANGLES,
    b"IETF-Announce:;": GROUP_NAMES,
    b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="
    b" =?US-ASCII?Q?.._so,_cool!?=": SPACED,
}

type Shape = tuple[tuple[int, ...], str, int, bytes | None, list[tuple[str, bytes]]]


def messages() -> list[Path]:
    mime = shared("mime")
    return sorted(
        [*(mime / "cpython").glob("msg_*.txt"), *mime.glob("mime4j/**/*.msg"), *shared("mail/eml").iterdir()]
    )


def ours(data: bytes, node: Node, path: tuple[int, ...] = ()) -> Iterator[Shape]:
    """Walk our tree: path, type, number of children, body of a leaf, header."""
    header = [(name.decode(), unfold(value)) for name, value in fields(data[node.start : node.body_start])]
    body = data[node.body_start : node.end] if node.kind == LEAF else None
    yield path, (node.maintype + b"/" + node.subtype).decode(), len(node.children), body, header
    for number, child in enumerate(node.nodes, 1):
        yield from ours(data, child, (*path, number))


def theirs(message: Message, path: tuple[int, ...] = ()) -> Iterator[Shape]:
    """Walk the library's tree likewise."""
    payload = message._payload  # type: ignore[attr-defined]  # get_payload() would decode.
    header = [
        (name, unfold(str(value).encode("utf-8", "surrogateescape"))) for name, value in message.raw_items()
    ]
    children = payload if isinstance(payload, list) else []
    body = None if children else (payload or "").encode("utf-8", "surrogateescape")
    yield path, message.get_content_type(), len(children), body, header
    for number, child in enumerate(children, 1):
        yield from theirs(child, (*path, number))


@pytest.mark.parametrize("crlf", [False, True])
def test_the_standard_library_sees_the_same_tree(crlf: bool) -> None:
    disagreements = set()
    for path in messages():
        data = path.read_bytes()
        if crlf:
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if [*ours(data, Tree(data).root)] != [*theirs(email.message_from_bytes(data))]:
            disagreements.add(path.name)
    assert disagreements == set(STANDARD_LIBRARY)


def flat(data: bytes, node: Node, path: tuple[int, ...] = (1,)) -> Iterator[tuple[tuple[int, ...], Node]]:
    yield path, node
    for number, child in enumerate(node.nodes, 1):
        yield from flat(data, child, (*path, number))


def expected(entity: ET.Element, path: tuple[int, ...] = (1,)) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Walk mime4j's expectation: path, number of fields, kind."""
    multipart, message = entity.find("multipart"), entity.find("message")
    kind = MULTIPART if multipart is not None else MESSAGE if message is not None else LEAF
    yield path, len(entity.findall("header/field")), kind
    children = entity.findall("multipart/body-part") + ([message] if message is not None else [])
    for number, child in enumerate(children, 1):
        yield from expected(child, (*path, number))


def agrees_with_mime4j(path: Path) -> bool:
    data = path.read_bytes()
    nodes = dict(flat(data, Tree(data).root))
    try:
        tree = ET.parse(path.with_suffix(".xml")).getroot()
    except ET.ParseError:
        return False
    shape = [(p, len(fields(data[n.start : n.body_start])), n.kind) for p, n in nodes.items()]
    if shape != [*expected(tree)]:
        return False
    for numbers, node in nodes.items():
        for ending in ("txt", "bin"):
            name = f"{path.stem}_decoded_{'_'.join(map(str, numbers))}.{ending}"
            if node.kind == LEAF and path.with_name(name).exists():
                want = path.with_name(name).read_bytes().replace(b"\r\n", b"\n")
                if decoded_bytes(data, node, len(data)).replace(b"\r\n", b"\n") != want:
                    return False
    return True


def test_mime4j_expects_the_same_parts_and_contents() -> None:
    files = [path for path in shared("mime/mime4j").glob("**/*.msg") if path.with_suffix(".xml").exists()]
    assert len(files) == 80
    assert {path.name for path in files if not agrees_with_mime4j(path)} == set(MIME4J)


def test_values_are_read_alike() -> None:
    disagreements, compared = set(), 0
    for path in messages():
        data = path.read_bytes()
        for name, folded in fields(data[: header_end(data)]):
            value = unfold(folded)
            text = value.decode("ascii", "surrogateescape")
            if not value.isascii():
                continue
            compared += 1
            match name.lower():
                case b"date":
                    parsed = parsedate_tz(text)
                    same = (mktime_tz(parsed) if parsed else None) == parse_date(value)
                case b"subject":
                    same = " ".join(str(make_header(decode_header(text))).split()) == decode_text(value)
                case b"from" | b"to" | b"cc" | b"reply-to" | b"sender":
                    found = [mailbox for mailbox in parse_addresses(value) if mailbox.host is not None]
                    pairs = [((one.name or b"").decode(), spec_text(one)) for one in found]
                    wanted = getaddresses([text], strict=False)
                    same = pairs == [(name, address.replace(" ", "")) for name, address in wanted]
                case _:
                    continue
            if not same:
                disagreements.add(value)
    assert disagreements == set(VALUES)
    assert compared > 1000
