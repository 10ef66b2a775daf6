"""Header fields are found, unfolded, decoded and chosen; parameters are joined; charsets are survived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.charsets import clean, decode
from apps.protocols.mime.headers import decode_text, decode_words, every, first, header_end, subset, unfold
from apps.protocols.mime.html_text import html_to_text
from apps.protocols.mime.parameters import media_type, parameter, parameter_bytes, parameters, token

HEADER = b"Received: one\r\nSubject: a\r\n b\r\nreceived: two\r\nX: \r\nTo : c\r\n\r\n"


def test_fields() -> None:
    assert header_end(HEADER + b"body") == len(HEADER)
    assert first(HEADER, b"subject") == b"a b"
    assert first(HEADER, b"to") == b"c"
    assert first(HEADER, b"X") == b""
    assert first(HEADER, b"From") is None
    assert every(HEADER, b"RECEIVED") == [b"one", b"two"]
    assert unfold(b" a\r\n\tb\n c ") == b"a\tb c"


def test_a_mboxs_from_line_is_no_field() -> None:
    data = b">From alice Tue Nov 24 10:00:00 2026\nSubject: x\n\nbody"
    assert first(data[: header_end(data)], b"subject") == b"x"


def test_subset() -> None:
    """RFC 3501 6.4.5: fields stay byte for byte, and the blank line is always there."""
    assert subset(HEADER, [b"SUBJECT", b"Cc"]) == b"Subject: a\r\n b\r\n\r\n"
    assert subset(HEADER, [b"Received", b"X", b"To"], invert=True) == b"Subject: a\r\n b\r\n\r\n"
    assert subset(HEADER, [b"Cc"]) == b"\r\n"
    assert subset(b"To: c", [b"To"]) == b"To: c\r\n\r\n"
    assert subset(b"", [], invert=True) == b"\r\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?caf=C3=A9_x?=", "café x"),
        (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
        (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?= x", "café x"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?= b =?utf-8?q?c?=", "aé b c"),
        (b"a=?utf-8?q?b?=c", "abc"),
        (b"=?utf-8*en?q?a?=", "a"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?ks_c_5601-1987?B?sKE=?=", "가"),
        (b"=?gb2312?B?xOM=?=", "你"),
        (b"=?nonsense?q?a=E9?=", "aé"),
        (b"=?utf-8?q?a", "=?utf-8?q?a"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?b?!!!?=", ""),
        (b"=?windows-1252?q?=93a=94?=", "\u201ca\u201d"),
        ("grüß".encode(), "grüß"),
        ("grüß".encode("latin-1"), "grüß"),
        (b"a\0b", "ab"),
        (b"=?utf-7?q?+2AA-?=", "?"),
    ],
)
def test_decoding(value: bytes, text: str) -> None:
    assert decode_words(value) == text


def test_text_on_one_line() -> None:
    assert decode_text(b"=?utf-8?q?a=0D=0ABcc:_b?=  \t c") == "a Bcc: b c"


def test_charsets() -> None:
    assert decode(b"\x80 5", "iso-8859-1") == "€ 5"
    assert decode("é".encode(), "us-ascii") == "é"
    assert decode(b"\xe9", "") == "é"
    assert decode("größer als".encode()[:-1] + b"\xc3", "utf-8") == "größer al\ufffd"
    for never in (
        "idna",
        "unicode_escape",
        "rot13",
        "hex",
        "undefined",
        "punycode-",
        "unicode--escape_",
        "\0",
        "x" * 100,
        "../utf-8",
    ):
        assert decode(b"a\\u0041-", never) == "a\\u0041-"
    assert clean("a\0\ud800") == "a?"


def test_parameters() -> None:
    assert parameters(b'text/plain; Charset="UTF-8"; name=a b.txt ; x="\\"y\\\\"') == [
        (b"charset", b"UTF-8"), (b"name", b"a b.txt"), (b"x", b'"y\\'),
    ]  # fmt: skip
    assert parameters(b"text/plain;;; ; charset=x (comment); charset=second") == [(b"charset", b"x")]
    assert parameters(b'multipart/mixed; boundary="a;b=c"') == [(b"boundary", b"a;b=c")]
    assert parameters(b'a/b; name="open; x=y') == [(b"name", b"open; x=y")]
    assert parameters(b"a/b") == parameters(b"a/b; =x; y") == []


def test_continuations() -> None:
    """RFC 2231."""
    found = parameters(
        b"attachment; f*1=b; f*0=a; g*0*=utf-8''%C3; g*1*=%A4; g*2=\" %\"; h*=utf-8'de'%E2%82%AC; i*2=x"
    )
    assert found == [
        (b"h*", b"utf-8'de'%E2%82%AC"), (b"f", b"ab"), (b"g*", b"utf-8''%C3%A4%20%25"), (b"i", b"x"),
    ]  # fmt: skip
    assert parameter(found, b"g") == "ä %"
    assert parameter(found, b"h") == "€"
    assert parameter(found, b"f") == "ab"
    assert parameter(found, b"none") == ""
    assert parameter_bytes(found, b"h") == "€".encode()
    assert parameter_bytes(found, b"none") == b""
    assert parameter([(b"f*", b"no%20charset")], b"f") == "no charset"
    assert parameter([(b"f", b"=?utf-8?q?=C3=A4?=")], b"f") == "ä"


def test_types_and_tokens() -> None:
    assert media_type(b" Text/HTML;x") == (b"text", b"html")
    assert media_type(b"text") is None
    assert token(b' "Attachment" ; filename=x') == b"attachment"
    assert token(b"") == b""


def test_html() -> None:
    source = (
        "<html><head><title>no</title><style>p{}</style></head><body><!-- no --><p>One &amp; <b>bold</b>word</p>"
        "<script>no()</script>two<br>three<table><tr><td>a</td><td>b</td></tr></table>&lt;p&gt;"
    )
    assert html_to_text(source) == "One & boldword\ntwo\nthree\na b\n<p>"
    assert html_to_text("1 < 2 <3") == "1 < 2 <3"
    assert html_to_text("<!-- open") == html_to_text("<script>open") == html_to_text("<p open") == ""


@given(st.text("<>!-/ apbr&#;\n\"'=[]", max_size=80) | st.text(max_size=80))
def test_any_html_is_text(source: str) -> None:
    assert len(html_to_text(source)) <= len(source) * 2 + 1


@given(
    st.binary(max_size=40),
    st.text(max_size=20) | st.sampled_from(["utf-8", "utf-7", "gb18030", "hz", "utf-16"]),
)
def test_any_charset_gives_text(raw: bytes, charset: str) -> None:
    text = clean(decode(raw, charset))
    text.encode()
    assert "\0" not in text


@given(st.binary(max_size=120))
def test_any_value_is_survived(value: bytes) -> None:
    decode_words(value).encode()
    for name, _ in parameters(b"a/b;" + value):
        parameter(parameters(b"a/b;" + value), name.rstrip(b"*")).encode()
