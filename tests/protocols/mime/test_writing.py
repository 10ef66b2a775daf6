"""Letters become messages, and nothing in a letter becomes anything else."""

import datetime as dt
import email
import email.policy
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.protocols.addresses import AddressError
from apps.protocols.mime import header_text, original, transfer
from apps.protocols.mime.headers import HEADER, fields
from apps.protocols.mime.letter import Attachment, Letter, Person
from apps.protocols.mime.plain import plain_text
from apps.protocols.mime.scan import scan
from apps.protocols.mime.writing import LetterError, write

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
ALICE, BOB = Person("alice@example.test", "Alice Ährlich"), Person("bob@example.test", "Bob")
ID = "<c@example.test>"


def written(letter: Letter, **how: bool) -> bytes:
    return write(letter, now=NOW, message_id=ID, **how)


def names(data: bytes) -> list[str]:
    match = HEADER.match(data)
    assert match
    return [name.decode() for name, _ in fields(match[0])]


def check(data: bytes, *, strange: bool = False) -> None:
    """What holds of every message we write; a strange one carries another that has faults of its own."""
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\0" not in data
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert strange or scan(data).defects == ()


def test_it_works() -> None:
    letter = Letter(
        author=ALICE,
        to=(BOB,),
        bcc=(Person("carol@example.test"),),
        subject="Grüße\r\nBcc: mallory@example.test",
        html='<p>Hallo <img src="cid:logo"> Bob</p><blockquote>früher</blockquote>',
        attachments=(
            Attachment("logo.png", "image/png", b"\x89PNG", content_id="logo"),
            Attachment("Menü.pdf", "application/pdf", b"%PDF-1.4"),
        ),
        references=("<a@example.test>", "<b@example.test>"),
        in_reply_to="<b@example.test>",
    )
    data = written(letter)
    check(data)
    facts = scan(data)
    assert facts.subject == "Grüße Bcc: mallory@example.test"
    assert (facts.from_addr, facts.to_addr) == ("alice@example.test", "bob@example.test")
    assert facts.references == ("<a@example.test>", "<b@example.test>")
    assert (facts.message_id, facts.sent_at) == (ID, NOW.timestamp())
    assert facts.text == "Hallo Bob\n\n> früher"
    assert facts.has_attachment
    assert b"carol" not in data
    assert b"carol" in written(letter, keep_bcc=True)
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["Menü.pdf"]
    assert names(data) == [
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
    ]  # fmt: skip


def test_what_cannot_be_written() -> None:
    with pytest.raises(AddressError):
        written(Letter(author=Person("alice@example.test>\r\nBcc: x@y.example")))
    for name in ("From", "Content-Type", "X Y", "X:Y", "X\r\nY", "", "Received"):
        with pytest.raises(LetterError):
            written(Letter(author=ALICE, extra=((name, "v"),)))
    with pytest.raises(LetterError):
        write(Letter(author=ALICE), now=NOW, message_id="<a b@c>")
    data = written(
        Letter(author=ALICE, in_reply_to="<a@b>\r\nX: 1", references=("<c@d>", "no id", "<e\n@f>"))
    )
    assert b"References: <c@d>\r\n" in data
    assert "In-Reply-To" not in names(data)


def test_very_many_references_keep_the_first_and_the_last() -> None:
    ids = tuple(f"<{number}@example.test>" for number in range(500))
    data = written(Letter(author=ALICE, references=ids))
    check(data)
    found = scan(data).references
    assert (found[0], found[1], found[-1], len(found)) == (ids[0], ids[471], ids[-1], 30)


def test_encodings_are_chosen_well() -> None:
    assert transfer.encode_text(["hello"]) == ("7bit", b"hello\r\n")
    assert transfer.encode_text(["Grüße an alle im Haus"])[0] == "quoted-printable"
    assert transfer.encode_text(["こんにちは"])[0] == "base64"
    assert transfer.encode_text(["From here"]) == ("quoted-printable", b"=46rom here\r\n")
    encoding, body = transfer.encode_text(["x" * 3000 + " "])
    assert encoding == "quoted-printable"
    assert max(map(len, body.split(b"\r\n"))) <= 76


def test_a_message_within_a_message_is_not_encoded() -> None:
    inner = b"Subject: inner\r\n\r\nhi\r\n"
    data = written(Letter(author=ALICE, attachments=(Attachment("a.eml", "message/rfc822", inner),)))
    check(data)
    assert b"\r\n\r\n" + inner in data
    for content in (b"Subject: x\n\nbare\n", b"x" * 1200, b"\0"):
        data = written(Letter(author=ALICE, attachments=(Attachment("a.eml", "message/rfc822", content),)))
        check(data)
        part = original.take_part(data, "2")
        assert part
        assert (part.content, part.media_type) == (content, "application/octet-stream")


def test_flowed_text_is_joined_again() -> None:
    text = "word " * 100 + "\n\n> quoted\n From me\n-- \nAlice\n"
    data = written(Letter(author=ALICE, text=text), flowed=True)
    check(data)
    body = data.partition(b"\r\n\r\n")[2].decode()
    assert b"format=flowed" in data
    assert max(map(len, body.split("\r\n"))) <= 78
    joined = re.sub(r" \r\n(?!-- )", " ", body.replace("\r\n-- \r\n", "\r\n--\r\n"))
    assert joined.startswith(("word " * 100).rstrip())


def test_html_as_text() -> None:
    html = (
        "<style>p{}</style><h1>Plan</h1><p>See <a href='https://example.test/x'>this</a>\n and"
        " <b>that</b>.<br>Next</p><ul><li>one</li><li>two</li></ul>"
        "<blockquote>she<blockquote>he</blockquote></blockquote><pre>a\n  b</pre>"
    )
    assert plain_text(html) == (
        "Plan\n\nSee this <https://example.test/x> and that.\nNext\n\n- one\n- two\n\n"
        "> she\n>\n>> he\n\na\n  b\n"
    )


TEXT = st.text(max_size=300) | st.text(alphabet=' abÄ"\\=?<>@,;:\r\n\t\0\u2028😀', max_size=120)
PEOPLE = st.lists(
    st.builds(
        Person,
        st.sampled_from(
            ["a@example.test", "b.c+d@example.test", '"x y"@example.test', "ü@example.test", "e..f@x.example"]
        ),
        TEXT,
    ),
    max_size=6,
).map(tuple)
FILES = st.lists(
    st.builds(
        Attachment,
        TEXT,
        st.sampled_from(["text/plain", "image/png", "message/rfc822", "a/b\r\nX: y", "", "multipart/mixed"]),
        st.binary(max_size=200),
        st.sampled_from(["", "", "logo", "a\r\nX-Bad: 1"]),
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=60)
@given(TEXT, TEXT, TEXT, TEXT, PEOPLE, PEOPLE, PEOPLE, FILES, st.lists(TEXT, max_size=3), st.booleans())
def test_anything_comes_back_and_nothing_else(
    name: str, subject: str, text: str, html: str, to: tuple[Person, ...], cc: tuple[Person, ...],
    bcc: tuple[Person, ...], files: tuple[Attachment, ...], ids: list[str], flowed: bool,
) -> None:  # fmt: skip
    letter = Letter(
        author=Person("alice@example.test", name), subject=subject, text=text, html=html, to=to, cc=cc, bcc=bcc,
        reply_to=cc, attachments=files, references=tuple(ids), in_reply_to=name, extra=(("X-Extra", subject),),
    )  # fmt: skip
    data = written(letter, keep_bcc=True, flowed=flowed)
    check(data, strange=any(item.media_type == "message/rfc822" for item in files))
    lean = written(letter)
    assert "Bcc" not in names(lean)
    meant = ["From", *["To"] * bool(to), *["Cc"] * bool(cc), *["Bcc"] * bool(bcc), *["Reply-To"] * bool(cc)]
    meant += ["Subject", "Date", "Message-ID", *["In-Reply-To"] * header_text.is_id(name)]
    meant += ["References"] * any(map(header_text.is_id, ids)) + ["X-Extra", "MIME-Version", "Content-Type"]
    found = [each for each in names(data) if each != "Content-Transfer-Encoding"]
    assert found == meant
    back = original.read(data)
    assert back.subject == header_text.one_line(subject)
    assert [(p.address, header_text.one_line(p.name)) for p in back.to] == [
        (p.address if p.address != "e..f@x.example" else '"e..f"@x.example', header_text.one_line(p.name))
        for p in to
    ]
    assert header_text.one_line(back.author[0].name) == header_text.one_line(name)
    contents = [part.content for ref in back.parts if (part := original.take_part(data, ref.path))]
    plain = [f for f in files if not (f.content_id and html)]
    for item in plain:
        assert item.content in contents
