"""Hostile HTML: nothing of it reaches the reader, and what is worth knowing about it does."""

import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.protocols.html.cleaning import PLACEHOLDER, clean
from apps.protocols.html.links import mismatch
from apps.protocols.html.quotes import fold
from apps.protocols.html.styles import read_sheet, safe_style

from .attacks import collected, own
from .judge import faults

SEEN = 'src="/mail/seen"'


def test_it_works() -> None:
    body = clean('<p style="color: red">Hello <b>Bob</b></p>')
    assert body.html == '<p style="color:red">Hello <b>Bob</b></p>'
    assert (body.remote_images, body.fallback, body.mismatches) == (0, "", ())


@pytest.mark.parametrize("path", own(), ids=lambda path: path.stem)
def test_own_corpus_is_harmless(path: object) -> None:
    source = path.read_text()  # type: ignore[attr-defined]
    for dark in (False, True):
        body = clean(source, dark=dark)
        assert faults(body.html) == []
        assert clean(body.html).html == body.html


def test_collected_attacks_are_harmless() -> None:
    for payload in collected():
        body = clean(payload, cid=lambda _: "/mail/seen", image=lambda _: "/mail/seen")
        assert faults(body.html) == [], payload
        again = clean(payload)
        assert clean(again.html).html == again.html, payload


_WORDS = (
    "<p> </p> <table> </table> <tr> <td> <b> </b> <font color=red> </font> <a href=http://a.example> </a> <a href=//b> "
    "<svg> </svg> <math> <mtext> <style> </style> <!-- --> <img src=http://t.example/1.gif> <img src=cid:a@b> <select> "
    "<option> <form> </form> <template> </template> <noscript> </noscript> <blockquote type=cite> </blockquote> "
    '<div/style="color:red;position:fixed"> <div/class=gmail_quote> </div> <title> <textarea> <plaintext> <xmp> <li> <ul> '
    "<pre> \n &amp; &lt;script&gt; x onerror=1 ' \" > < = javascript:"
)
_PIECES = st.sampled_from(_WORDS.split(" "))


@given(st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join))
@example("<table><b><tr>x<td></b>y")
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_cleaning_the_cleaned_changes_nothing(source: str) -> None:
    body = clean(source)
    assert faults(body.html) == []
    assert clean(body.html).html == body.html


def test_pictures_from_elsewhere_are_counted_and_blocked() -> None:
    source = "<img src=http://a.example/1.png><img src=https://a.example/2.gif width=1><img src=cid:here@x><img src=/mail/x>"
    body = clean(source, cid=lambda name: f"/mail/part?{name}")
    assert (body.remote_images, body.trackers) == (2, 1)
    assert body.html.count(PLACEHOLDER) == 2
    assert 'src="/mail/part?here@x"' in body.html
    assert "/mail/x" not in body.html
    shown = clean(source, image=lambda url: f"/proxy?{url}&x=1")
    assert 'src="/proxy?http://a.example/1.png&amp;x=1"' in shown.html


def test_addresses_of_the_sender_are_not_taken_for_ours() -> None:
    assert (
        "/mail/logout"
        not in clean("<img src=/mail/logout><a href=/mail/logout>x</a>", cid=lambda _: "/mail/logout").html
    )


def test_what_is_dark_counts_in_the_dark() -> None:
    source = "<style>:root{color-scheme:light dark}p{color:black}@media (prefers-color-scheme:dark){p{color:white}}</style><p>x"
    assert clean(source).html == '<div><p style="color:black">x</p></div>'
    dark = clean(source, dark=True)
    assert dark.html == '<div><p style="color:white">x</p></div>'
    assert dark.color_scheme == "light dark"


def test_facts() -> None:
    body = clean('<html dir=rtl><body><form><input></form><a href="http://evil.example">bank.example</a>')
    assert body.has_form
    assert body.direction == "rtl"
    [wrong] = body.mismatches
    assert (wrong.text_host, wrong.host) == ("bank.example", "evil.example")


@pytest.mark.parametrize(
    ("text", "href", "other"),
    [
        ("https://bank.example/login", "https://evil.example/", True),
        ("www.bank.example", "https://bank.example.evil.example", True),
        ("bank.example", "https://bank.example@evil.example/", True),
        ("bank.example", "https://www.bank.example/a", False),
        ("Bank.Example.", "https://bank.example", False),
        ("login.bank.example", "https://bank.example", False),
        ("click here", "https://evil.example", False),
        ("m\u00fcnchen.example", "https://xn--mnchen-3ya.example", False),
        ("bob@bank.example", "mailto:bob@bank.example", False),
        ("https://bank.example is safe", "https://evil.example", True),
    ],
)
def test_text_and_target(text: str, href: str, other: bool) -> None:
    assert (mismatch(text, href) is not None) is other


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red; position:fixed", "color:red"),
        ("color : RED !important", "color:RED"),
        ("background:url(http://x)", ""),
        ("background:u\\72l(http://x)", ""),
        ("background: rgb(1, 2, 3) none", "background:rgb(1, 2, 3) none"),
        ("color:var(--x)", ""),
        ("width:expression(alert(1))", ""),
        ("width:calc(100% - 10px)", ""),
        ('font-family:"Segoe UI",Arial', "font-family:'Segoe UI',Arial"),
        ("font-family:'a;position:fixed;b'", ""),
        ("direction:rtl;unicode-bidi:embed", "direction:rtl;unicode-bidi:embed"),
        ("width:99999999px", ""),
        ("/* x */color:red", "color:red"),
        ("margin:0 auto!important;padding:1.5em", "margin:0 auto;padding:1.5em"),
    ],
)
def test_styles(style: str, kept: str) -> None:
    assert safe_style(style) == kept
    assert safe_style(kept) == kept


def test_sheets_are_written_anew() -> None:
    sheet = read_sheet(
        "@import 'x';<!-- a:hover{color:red} b,c{color:blue;z-index:1} @media print{d{color:red}} } e{color:red} -->"
    )
    assert sheet.css == "b{color:blue}\nc{color:blue}\ne{color:red}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x" * 2_000_000, "long"),
        ("<div>" * 1000, "deep"),
        ("<p>" * 70_000, "tags"),
        ("&a" * 70_000, "tags"),
        ("<p>x<b>" * 380 + "</p><p>" * 20_000, "costly"),
    ],
)
def test_what_is_too_much_is_shown_as_text(source: str, reason: str) -> None:
    body = clean(source + "<form>words <script>bad</script>")
    assert body.fallback == reason
    assert body.has_form
    assert faults(body.html) == []


def test_half_characters_and_nul() -> None:
    assert clean("a\ud800\0b").html == "a?b"
    assert json.dumps(clean("\udcff<p>").html)


def fonts(around: str = "@") -> str:
    """Return 300 elements that a tree builder opens anew in each of 5,000 paragraphs, unless they were closed."""
    each = (around.replace("@", f"<font color=#{n:06x}>") for n in range(300))
    return f"<p>{''.join(each)}{'<p>x' * 5_000}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    {
        "styles": "<style" * 100_000,
        "ends": "<style>" + "</style" * 100_000,
        "quotes": '<blockquote class="gmail_quote"></blockquote>' * 25_000,
        "fonts": fonts(),
        "hidden in a value": '<p title="<xmp">' + fonts(),
        "hidden as a comment": '<p title="<!--">' + fonts(),
        "closed in a value": fonts("@").replace("><font", " title='</font>'><font"),
        "closed in a comment": fonts("@<!--</font>-->"),
        "closed in raw text": fonts("@<xmp></font></xmp>"),
        "closed in a script": fonts("@<script><!--<script></script></font></script>"),
        "closed in another world": fonts(
            "@<select></font></select><svg></font></svg><object></font></object>"
        ),
        "closed in a cell": "<table>" + fonts("@<td></font></td>").replace("<p>x", "</table><p>x"),
        "closed too far below": fonts("@" + "<div>" * 9 + "</font>" + "</div>" * 9),
        "closed below items": fonts("@x" + "<li><dd>" * 5 + "</font>" + "</dd></li>" * 5),
        "unwrapped later": fonts().replace("<p>x", "<button><p>y", 1),
        "deep": "<div>" * 50_000,
        "deep items": "<li><dd>" * 25_000,
        "deep behind values": '<div title="</div>">' * 50_000,
        "deep behind blocks": "<span><div></span></div>" * 14_000,
        "deep behind items": "<span><p></span></p>" * 14_000,
        "small": f"<p>{''.join(f'<font color=#{n:06x}>' for n in range(490))}{'<p>x' * 490}",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_work_is_bounded(source: tuple[str, str]) -> None:
    began = time.process_time()
    shown = clean(source[1]).html
    fold(shown)
    assert time.process_time() - began < 2
    assert len(shown) < 3_000_000


def test_much_that_is_harmless_is_shown() -> None:
    row = (
        '<tr><td><!--[if mso]><table><tr><td><![endif]--><a href="http://a.example"><table><tr><td><b>x</b> <font color=red>y'
        "</font></td></tr></table></a><!--[if mso]></td></tr></table><![endif]--><p>Hello</p><ul><li>x<li>y</ul></td></tr>"
    )
    body = clean(f"<style>p{{color:red}}</style><table>{row * 900}</table>")
    assert (body.fallback, body.html.count("<p style")) == ("", 900)
