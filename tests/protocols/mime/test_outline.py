"""The tree of a message's parts, from its structure alone; bodies decoded piece by piece; bytes told apart."""

import base64
import email.message
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.decoding import decoded
from apps.protocols.mime.outline import Part, outline
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan
from apps.protocols.mime.sniff import sniff


def of(raw: bytes) -> Part:
    return outline(scan(raw).structure)


def test_it_works() -> None:
    message = email.message.EmailMessage()
    message.set_content("plain")
    message.add_alternative("<p>html", subtype="html")
    message.add_attachment(b"data", "application", "pdf", filename="R\u00e9sum\u00e9.pdf", cid="<a@b>")
    root = of(message.as_bytes())
    assert [(part.number, part.media_type) for part in root.walk()] == [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "application/pdf"),
    ]
    pdf = root.children[1]
    assert (pdf.name, pdf.cid, pdf.disposition, pdf.encoding) == (
        "R\u00e9sum\u00e9.pdf",
        "a@b",
        "attachment",
        "base64",
    )


def test_text_parameters() -> None:
    part = of(b"Content-Type: text/plain; charset=ISO-8859-1; format=Flowed; delsp=Yes\r\n\r\nx")
    assert (part.number, part.charset, part.flowed, part.delsp) == ("1", "iso-8859-1", True, True)


def test_a_message_in_a_message_has_its_numbers() -> None:
    inner = email.message.EmailMessage()
    inner["Subject"] = "Gr\u00fc\u00dfe"
    inner.set_content("a")
    inner.add_attachment(b"x", "image", "png")
    outer = email.message.EmailMessage()
    outer.set_content("o")
    outer.add_attachment(inner)
    raw = outer.as_bytes()
    facts = scan(raw)
    root, table = outline(facts.structure), PartTable.decode(facts.parts)
    numbers = [part.number for part in root.walk()]
    assert numbers == ["", "1", "2", "2", "2.1", "2.2"]
    assert root.children[1].subject == "Gr\u00fc\u00dfe"
    for part in root.walk():
        if part.number and not part.children:
            start, end = table.section(part.path) or (0, 0)
            assert end - start == part.size


@pytest.mark.parametrize(
    "wire", [b"", b"NIL", b"(", b")", b"()", b"(NIL)", b'("text")', b"((NIL) NIL", b'(("a"))', b"(()())"]
)
def test_what_is_no_structure(wire: bytes) -> None:
    with pytest.raises(ValueError, match="not a body structure"):
        outline(wire)


@given(st.binary(max_size=400), st.lists(st.integers(1, 40), max_size=60))
def test_how_bytes_are_cut_does_not_matter(data: bytes, cuts: list[int]) -> None:
    for encoding, encoded in (
        ("base64", base64.encodebytes(data)),
        ("quoted-printable", quopri.encodestring(data)),
        ("8bit", data),
    ):
        pieces, at = [], 0
        for cut in cuts:
            pieces.append(encoded[at : at + cut])
            at += cut
        pieces.append(encoded[at:])
        assert b"".join(decoded(pieces, encoding)) == data


def test_a_line_without_end() -> None:
    long = b"=41" * 100_000
    assert b"".join(decoded([long[:99_999], long[99_999:]], "quoted-printable")) == b"A" * 100_000
    assert b"".join(decoded([b"QUJD*", b"RA==tail"], "base64")) == b"ABCD"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nxx", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0junk", ""),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"BMW is a car", ""),
        (b"  <SVG onload=x>", "text/html"),
        (b"plain words", ""),
        (b"", ""),
    ],
)
def test_what_bytes_are(head: bytes, kind: str) -> None:
    assert sniff(head) == kind
