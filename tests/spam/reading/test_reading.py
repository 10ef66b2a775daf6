"""A message taken apart: what alice would see of what mallory sent."""

from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from apps.spam.reading import Limits, read

from .letters import letter


def test_it_works() -> None:
    reading = read(
        letter(
            '<p>Dear Alice,</p><p>see <a href="https://evil.test/a?b=1&amp;c=2">your <b>bank</b></a></p>'
            '<img src="cid:logo" alt="Bank">',
            text="Dear Alice,\nsee https://evil.test/plain.\n",
            subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
            sender='"Your Bank" <mallory@Evil.test>',
            Reply_To="someone@else.test",
            Cc="bob@example.test",
        )
    )
    assert reading.subject == "Grüße"
    assert [(one.name, one.address, one.domain) for one in reading.senders] == [
        ("Your Bank", "mallory@Evil.test", "evil.test")
    ]
    assert [one.address for one in reading.reply_to] == ["someone@else.test"]
    assert [one.address for one in reading.to] == ["alice@example.test", "bob@example.test"]
    assert reading.text == "Dear Alice,\nsee your bank"
    assert reading.alternative_text.startswith("Dear Alice,")
    assert [(link.href, link.text, link.where) for link in reading.links] == [
        ("https://evil.test/a?b=1&c=2", "your bank", "html")
    ]
    assert [(image.href, image.text) for image in reading.images] == [("cid:logo", "Bank")]
    assert "<b>bank</b>" in reading.source
    assert [part.type for part in reading.parts] == ["text/plain", "text/html"]
    assert ("subject", "Grüße") in reading.headers
    assert reading.header.startswith(b"From:")
    assert reading.doubts == ()


def test_plain_text_has_its_links() -> None:
    reading = read(
        letter(text="See https://evil.test/a(b), or www.evil.test/x!\nwww. is nothing, nor is https://\n")
    )
    assert [link.href for link in reading.links] == ["https://evil.test/a(b)", "http://www.evil.test/x"]
    assert {link.where for link in reading.links} == {"plain"}


def test_an_address_that_no_tag_made_a_link_of() -> None:
    reading = read(letter('Go to https://evil.test/x or <a href="https://a.test/">https://a.test/</a>'))
    assert [(link.href, link.where) for link in reading.links] == [
        ("https://a.test/", "html"),
        ("https://evil.test/x", "text"),
    ]


def test_files_are_parts_and_decoded_when_asked_for() -> None:
    message = EmailMessage()
    message.set_content("See the file.")
    message.add_attachment(b"MZ\x90" + bytes(2000), "application", "pdf", filename="Rechnung-Müller.pdf")
    message.add_attachment(
        "<form><input type=password></form><a href='https://evil.test'>x</a>", "html", filename="a.html"
    )
    reading = read(message.as_bytes())
    file, page = reading.attachments
    assert (file.type, file.filename) == ("application/pdf", "Rechnung-Müller.pdf")
    assert file.sniffed == "application/vnd.microsoft.portable-executable"
    assert file.data()[:2] == b"MZ"
    assert len(file.data()) == 2003
    assert len(file.data(100)) == 100
    assert abs(file.size - 2003) < 100
    assert page.filename == "a.html"
    assert reading.text.strip() == "See the file."
    assert reading.html.forms == 0
    assert reading.attached_html.passwords == 1
    assert [(link.href, link.where) for link in reading.links] == [("https://evil.test", "attachment")]


def test_a_letter_in_a_letter_is_read() -> None:
    outer = EmailMessage()
    outer.set_content("Look at this!")
    inner = EmailMessage()
    inner["Subject"] = "Buy"
    inner.set_content("Cheap pills at https://evil.test/pills\n")
    outer.add_attachment(inner)
    reading = read(outer.as_bytes())
    assert "Cheap pills" in reading.text
    assert [part.depth for part in reading.parts] == [0, 1]
    assert reading.links[0].href == "https://evil.test/pills"


def test_what_does_things() -> None:
    reading = read(
        letter(
            "<title>Sign in</title><base href='https://b.test/'><meta http-equiv=refresh content='0; url=https://evil.test/r'>"
            "<form action='https://evil.test/f'><input name=a><input type=hidden><input type=PASSWORD></form>"
            "<script>evil()</script><p onclick='x()'>t</p><iframe src=https://evil.test/i></iframe>"
            "<object data='https://evil.test/o'></object><img src=https://t.test/p.gif width=1 height=1>pass<!-- x -->word"
        )
    )
    facts = reading.html
    assert (facts.title, facts.bases, facts.refreshes, facts.forms) == ("Sign in", ("https://b.test/",), 1, 1)
    assert (facts.inputs, facts.passwords, facts.scripts, facts.handlers) == (2, 1, 1, 1)
    assert (facts.frames, facts.tiny_images, facts.split_words) == (2, 1, 1)
    assert [(link.where, link.href) for link in reading.links] == [
        ("refresh", "https://evil.test/r"),
        ("form", "https://evil.test/f"),
        ("frame", "https://evil.test/i"),
        ("frame", "https://evil.test/o"),
    ]
    assert reading.text == "t\npassword"


def test_wrong_charsets_and_broken_parts() -> None:
    reading = read(b"Subject: a\r\nContent-Type: text/plain; charset=no-such\r\n\r\nGr\xfc\xdfe")
    assert reading.text == "Grüße"
    assert "a text is in a charset that nobody knows" in reading.doubts
    reading = read(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n\r\nhello")
    assert "hello" in reading.text
    assert reading.doubts
    assert read(b"").text == ""


def test_what_is_cut_is_said() -> None:
    few = Limits(text=50, hidden=10, source=5000, tags=5, links=2, images=1, headers=2)
    reading = read(letter("<p>" * 3 + "<a href=https://a.test>x</a>" * 3 + "<b>" * 50), limits=few)
    assert "the HTML has more tags than are read" in reading.doubts
    assert "there are more header fields than are read" in reading.doubts
    assert len(reading.headers) == 2
    reading = read(letter("word " * 100), limits=few)
    assert "the text is longer than is read" in reading.doubts
    assert len(reading.text) <= 50
    reading = read(letter(text="https://a.test/ " * 3), limits=few)
    assert "there are more links than are read" in reading.doubts
    reading = read(letter(text="long line\n" * 1000), limits=few)
    assert "the texts are longer than is read" in reading.doubts


@given(
    st.binary(max_size=600),
    st.sampled_from(
        ["", "Content-Type: text/html\n\n<p>", "Content-Type: multipart/mixed; boundary=a\n\n--a\n"]
    ),
)
def test_it_never_raises(data: bytes, before: str) -> None:
    reading = read(before.encode() + data)
    for part in reading.parts:
        assert len(part.data(64)) <= 64
        assert isinstance(part.sniffed, str)
    for text in (
        reading.text,
        reading.hidden_text,
        reading.alternative_text,
        reading.subject,
        reading.source,
    ):
        assert "\0" not in text
        text.encode()


_TAGS = ["<p>", "</p>", "<a href='x'>", "</a>", "<td>", "<table>", "</table>", "<div style='display:none'>", "</div>", "a ",
         "&#9999999999;", "<!--", "-->", "<style>.a{color:red", "</style>", "<b class=a>", "<", ">", "'", '"', "<font color=fff>"]  # fmt: skip


@given(st.lists(st.sampled_from(_TAGS), max_size=60))
def test_any_tangle_of_tags_is_read(pieces: list[str]) -> None:
    reading = read(b"Content-Type: text/html\n\n" + "".join(pieces).encode())
    assert len(reading.text) + len(reading.hidden_text) <= sum(map(len, pieces)) + 100
