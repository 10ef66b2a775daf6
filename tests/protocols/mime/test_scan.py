"""One pass over a message: ENVELOPE, BODYSTRUCTURE, parts, text."""

from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import EMPTY, HAS_NUL, scan
from apps.protocols.mime.structure import body
from apps.protocols.mime.tree import (
    NO_BOUNDARY,
    NO_DELIMITER,
    NO_HEADER_END,
    NOT_CLOSED,
    TOO_DEEP,
    TOO_MANY,
)

LUNCH = b"""\
Received: from a.example.test by b.example.test; Tue, 24 Nov 2026 10:00:01 +0100
Received: from c.example.test by a.example.test; Tue, 24 Nov 2026 10:00:00 +0100
From: "Alice \\"A.\\" Example" <alice@example.test>
To: Bob <bob@example.test>, friends: carol@example.test, Dave <dave@example.test>;, undisclosed:;
Cc: mallory@example.test (Mallory M.)
Subject: =?utf-8?q?Caf=C3=A9?=
 =?utf-8?b?IGF0IG5vb24=?=
Date: Tue, 24 Nov 2026 10:00:00 +0100
Message-ID: <lunch@example.test>
In-Reply-To: <hunger@example.test>
References: <morning@example.test>
 <hunger@example.test>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

preamble
--b1
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9 =
at noon?
--b2
Content-Type: text/html

<p>Caf&eacute; at <b>noon</b>?</p>
--b2--
--b1
Content-Type: application/pdf; name*=utf-8''men%C3%BC.pdf
Content-Disposition: attachment;
 filename*0*=utf-8''men%C3; filename*1*=%BC; filename*2=" of today.pdf"
Content-Transfer-Encoding: base64
Content-ID: <pdf@example.test>
Content-Language: de, fr

JVBERi0xLjQ=
--b1
Content-Type: message/rfc822

Subject: Inner
From: carol@example.test

Hello
there
--b1--
epilogue
""".replace(b"\n", b"\r\n")


def test_it_works() -> None:
    facts = scan(LUNCH)
    assert facts.defects == ()
    assert facts.size == len(LUNCH)
    assert LUNCH[facts.header_end :].startswith(b"preamble")
    assert facts.subject == "Café at noon"
    assert (facts.from_addr, facts.to_addr) == ("alice@example.test", "bob@example.test")
    assert facts.sent_at == 1795510800
    assert facts.message_id == "<lunch@example.test>"
    assert facts.references == ("<morning@example.test>", "<hunger@example.test>")
    assert facts.text == "Café at noon?\nHello\nthere"
    assert facts.preview == "Café at noon? Hello there"
    assert facts.has_attachment
    assert facts.hops == 2


def test_envelope() -> None:
    assert scan(LUNCH).envelope == (
        b'("Tue, 24 Nov 2026 10:00:00 +0100" "=?utf-8?q?Caf=C3=A9?= =?utf-8?b?IGF0IG5vb24=?="'
        b' (("Alice \\"A.\\" Example" NIL "alice" "example.test"))'
        b' (("Alice \\"A.\\" Example" NIL "alice" "example.test"))'
        b' (("Alice \\"A.\\" Example" NIL "alice" "example.test"))'
        b' (("Bob" NIL "bob" "example.test")(NIL NIL "friends" NIL)(NIL NIL "carol" "example.test")'
        b'("Dave" NIL "dave" "example.test")(NIL NIL NIL NIL)(NIL NIL "undisclosed" NIL)(NIL NIL NIL NIL))'
        b' (("Mallory M." NIL "mallory" "example.test")) NIL "<hunger@example.test>" "<lunch@example.test>")'
    )


def test_structure() -> None:
    structure = scan(LUNCH).structure
    assert structure == (
        b'((("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 21 1 NIL NIL NIL NIL)'
        b'("text" "html" NIL NIL NIL "7bit" 34 0 NIL NIL NIL NIL)'
        b' "alternative" ("boundary" "b2") NIL NIL NIL)'
        b'("application" "pdf" ("name*" "utf-8\'\'men%C3%BC.pdf") "<pdf@example.test>" NIL "base64" 12 NIL'
        b' ("attachment" ("filename*" "utf-8\'\'men%C3%BC%20of%20today.pdf")) ("de" "fr") NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 56'
        b' (NIL "Inner" ((NIL NIL "carol" "example.test")) ((NIL NIL "carol" "example.test"))'
        b' ((NIL NIL "carol" "example.test")) NIL NIL NIL NIL NIL)'
        b' ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 12 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)'
        b' "mixed" ("boundary" "b1") NIL NIL NIL)'
    )
    assert body(structure) == (
        b'((("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 21 1)'
        b'("text" "html" NIL NIL NIL "7bit" 34 0) "alternative")'
        b'("application" "pdf" ("name*" "utf-8\'\'men%C3%BC.pdf") "<pdf@example.test>" NIL "base64" 12)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 56'
        b' (NIL "Inner" ((NIL NIL "carol" "example.test")) ((NIL NIL "carol" "example.test"))'
        b' ((NIL NIL "carol" "example.test")) NIL NIL NIL NIL NIL)'
        b' ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 12 1) 4) "mixed")'
    )


def section(path: tuple[int, ...], kind: str = "") -> bytes | None:
    span = PartTable.decode(scan(LUNCH).parts).section(path, kind)
    return None if span is None else LUNCH[span[0] : span[1]]


def test_sections() -> None:
    """Each is named as a client would name it (RFC 3501 6.4.5)."""
    assert section(()) == LUNCH
    header, text = section((), "HEADER"), section((), "TEXT")
    assert header is not None
    assert text is not None
    assert header + text == LUNCH
    assert header.endswith(b"\r\n\r\n")
    assert section((1, 1)) == b"Caf=C3=A9 =\r\nat noon?"
    assert section((1, 2), "MIME") == b"Content-Type: text/html\r\n\r\n"
    assert section((2,)) == b"JVBERi0xLjQ="
    assert section((3,)) == b"Subject: Inner\r\nFrom: carol@example.test\r\n\r\nHello\r\nthere"
    assert section((3,), "MIME") == b"Content-Type: message/rfc822\r\n\r\n"
    assert section((3,), "HEADER") == b"Subject: Inner\r\nFrom: carol@example.test\r\n\r\n"
    assert section((3,), "TEXT") == section((3, 1)) == b"Hello\r\nthere"
    assert section((3, 1), "MIME") == section((3,), "HEADER")


def test_sections_that_are_not_there() -> None:
    assert section((), "MIME") is None
    assert section((4,)) is None
    assert section((0,)) is None
    assert section((2, 1)) is None
    assert section((3, 2)) is None
    assert section((3, 1, 1)) is None
    assert section((1,), "HEADER") is None
    assert section((2,), "TEXT") is None


def test_part_one_of_a_plain_message_is_its_text() -> None:
    data = b"Subject: x\r\n\r\nbody\r\n"
    facts = scan(data)
    table = PartTable.decode(facts.parts)
    assert table.section((1,)) == table.section((), "TEXT") == (14, 20)
    assert table.section((1,), "MIME") == table.section((), "HEADER") == (0, 14)
    assert facts.structure == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL)'
    assert len(facts.parts) < 10


def test_strings_that_cannot_be_quoted_are_literals() -> None:
    facts = scan("Subject: Grüße\r\nFrom: Jürgen <juergen@exämple.test>\r\n\r\n".encode())
    assert b"(NIL {8}\r\nGr\xc3\xbc\xc3\x9fe " not in facts.envelope
    assert facts.envelope.startswith(b"(NIL {7}\r\nGr\xc3\xbc\xc3\x9fe (({7}\r\nJ\xc3\xbcrgen NIL ")
    assert facts.subject == "Grüße"
    assert facts.from_addr == "juergen@exämple.test"


def test_nothing_at_all() -> None:
    facts = scan(b"")
    assert facts.defects == (EMPTY,)
    assert facts.envelope == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert facts.structure == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)'
    assert PartTable.decode(facts.parts).section(()) == (0, 0)


def test_a_header_without_end() -> None:
    facts = scan(b"Subject: x\r\nthis is no field\r\n")
    assert facts.defects == (NO_HEADER_END,)
    assert facts.text == "this is no field"


def test_a_header_and_nothing_more() -> None:
    assert scan(b"Subject: x").header_end == 10
    assert scan(b"Subject: x\r\n").defects == ()
    assert scan(b"Subject: x\r\n\r\n").header_end == 14


def test_line_ends_of_other_systems() -> None:
    for end in (b"\n", b"\r"):
        facts = scan(LUNCH.replace(b"\r\n", end))
        assert facts.defects == ()
        assert facts.envelope == scan(LUNCH).envelope
        assert facts.structure.count(b"(") == scan(LUNCH).structure.count(b"(")
        assert facts.subject == "Café at noon"


def test_nul_never_reaches_a_column_or_a_client() -> None:
    facts = scan(b"Subject: a\0b\r\nFrom: a\0 <a\0@b>\r\n\r\nte\0xt")
    assert HAS_NUL in facts.defects
    assert facts.subject == "ab"
    assert facts.text == "text"
    assert b"\0" not in facts.envelope
    assert "\0" not in facts.from_addr


def test_a_type_that_is_no_token_is_no_type() -> None:
    for value in (
        b"te\0xt/html",
        b"te xt/html",
        b"text/",
        b"/html",
        b"text",
        "täxt/html".encode(),
        b"a/b/c",
        b"",
    ):
        facts = scan(b"Content-Type: " + value + b"\r\n\r\n")
        assert facts.structure.startswith(b'("text" "plain" '), value
    facts = scan(b"Content-Type: TEXT / HTML (really); x=y\r\n\r\n")
    assert facts.structure.startswith(b'("text" "html" ("x" "y")')


def multipart(rest: bytes) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + rest


def test_a_multipart_that_is_not_closed() -> None:
    facts = scan(multipart(b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n"))
    assert facts.defects == (NOT_CLOSED,)
    assert facts.structure.count(b'"plain"') == 2
    assert facts.text == "one\ntwo"


def test_a_multipart_without_parts_is_shown_as_text() -> None:
    for data, defect in (
        (multipart(b"words\r\n"), NO_DELIMITER),
        (b"Content-Type: multipart/mixed\r\n\r\nwords\r\n", NO_BOUNDARY),
        (multipart(b"--b--\r\nwords"), NO_DELIMITER),
        (multipart(b""), NO_DELIMITER),
    ):
        facts = scan(data)
        assert facts.defects == (defect,)
        assert facts.structure.startswith(b'("text" "plain" ')


def test_parts_without_header_and_without_anything() -> None:
    data = multipart(b"--b\r\n\r\none\r\n--b\r\n\r\n--b--")
    facts = scan(data)
    table = PartTable.decode(facts.parts)
    spans = [table.section((n,)) for n in (1, 2, 3)]
    assert [data[slice(*span)] for span in spans if span] == [b"one", b""]
    assert facts.structure.count(b'"plain"') == 2


def test_delimiters_in_a_row_count_as_one() -> None:
    facts = scan(multipart(b"--b\r\n--b\r\n--b\r\n\r\none\r\n--b\r\n--b--"))
    assert facts.structure.count(b'"plain"') == 1
    assert facts.text == "one"
    assert scan(multipart(b"--b\r\n--b--\r\nepilogue")).text == ""


def test_an_outer_boundary_ends_an_inner_multipart() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n"
    facts = scan(multipart(b"--b\r\n" + inner + b"--b\r\n\r\ntwo\r\n--b--\r\n"))
    assert facts.defects == (NOT_CLOSED,)
    table = PartTable.decode(facts.parts)
    assert table.section((1, 1)) is not None
    assert table.section((2,)) is not None


def test_a_digest_holds_messages() -> None:
    data = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: one\r\n\r\n1\r\n--b--\r\n"
    facts = scan(data)
    assert facts.structure.startswith(b'(("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "one" ')
    table = PartTable.decode(facts.parts)
    span = table.section((1,), "HEADER")
    assert span is not None
    assert data[slice(*span)] == b"Subject: one\r\n\r\n"


def test_nesting_is_bounded() -> None:
    data = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000)
    )
    facts = scan(data + b"\r\ndeep")
    assert TOO_DEEP in facts.defects
    assert facts.structure.count(b'"mixed"') == 100
    assert PartTable.decode(facts.parts).section((1,) * 100) is not None


def test_what_a_small_message_makes_us_say_is_bounded() -> None:
    parts = scan(multipart(b"--b\r\n\r\nx\r\n" * 50_000))
    assert TOO_MANY in parts.defects
    many = b"--b\r\nContent-Type: text/plain" + b"; a%d=b" * 50 % tuple(range(50)) + b"\r\n\r\nx\r\n"
    for facts in (parts, scan(multipart(many * 2000))):
        assert len(facts.structure) < 256 * 1024
        assert len(facts.parts) < 16 * 1024
