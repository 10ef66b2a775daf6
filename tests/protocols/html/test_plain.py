"""Plain text as HTML, quotes found, and HTML as text for a reply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.html.cleaning import clean
from apps.protocols.html.plain import from_text
from apps.protocols.html.quotes import fold, with_details
from apps.protocols.html.to_text import to_text

from .attacks import CORPUS
from .judge import faults

REL = ' target="_blank" rel="noopener noreferrer nofollow"'


def inside(html: str) -> str:
    return html.removeprefix('<div dir="auto" class="mail-text">').removesuffix("</div>")


def test_it_works() -> None:
    assert inside(from_text("Hello\n\n<b> & you")) == "Hello<br><br>&lt;b&gt; &amp; you"


@pytest.mark.parametrize(
    ("text", "href", "said"),
    [
        (
            "see https://a.example/x?b=c&d=e.",
            "https://a.example/x?b=c&amp;d=e",
            "https://a.example/x?b=c&amp;d=e",
        ),
        ("(https://a.example/(x))", "https://a.example/(x)", "https://a.example/(x)"),
        ("www.a.example,", "https://www.a.example", "www.a.example"),
        ("write bob@example.test!", "mailto:bob@example.test", "bob@example.test"),
    ],
)
def test_links(text: str, href: str, said: str) -> None:
    assert f'<a href="{href}"{REL}>{said}</a>' in from_text(text)


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "a.b", "http://"]
)
def test_what_is_no_link(text: str) -> None:
    assert "<a" not in from_text(text)


def test_quotes_have_depth() -> None:
    html = inside(from_text("new\n> one\n>> two\n> > two\nafter"))
    quote = '<blockquote class="mail-quote">'
    assert html == f"new{quote}one{quote}two<br>two</blockquote></blockquote>after"


def test_lines_that_flow() -> None:
    text = "This is \none paragraph\n> quoted \n> text\n-- \nBob \nSmith"
    html = inside(from_text(text, flowed=True))
    assert html.startswith("This is one paragraph<blockquote")
    assert "quoted text</blockquote>--<br>Bob Smith" in html
    assert "split" in from_text("sp \nlit", flowed=True, delsp=True)
    assert inside(from_text(" >not a quote\n From", flowed=True)) == "&gt;not a quote<br>From"


@given(st.text(), st.booleans())
def test_any_text_is_a_fixed_point_of_cleaning(text: str, flowed: bool) -> None:
    html = from_text(text.encode("utf-8", "replace").decode(), flowed=flowed)
    assert faults(html) == []
    assert clean(html).html == html


@pytest.mark.parametrize("name", ["gmail", "outlook"])
def test_what_programs_quote_is_folded(name: str) -> None:
    html = clean((CORPUS / f"{name}.html").read_text()).html
    found = fold(html)
    assert "quoted text" in found.quote or "What do you think?" in found.quote
    assert "quoted text" not in found.before
    folded = with_details(html, "Show <quoted>")
    assert "<details" in folded
    assert "Show &lt;quoted&gt;" in folded
    # Nothing is torn apart: the tree builder finds the same elements.
    assert (
        clean(
            folded.replace('<details class="mail-folded"><summary>Show &lt;quoted&gt;</summary>', "").replace(
                "</details>", ""
            )
        ).html
        == html
    )


def test_the_header_is_in_the_fold() -> None:
    found = fold(clean((CORPUS / "outlook.html").read_text()).html)
    assert "Von:" in found.quote
    assert "gut." in found.before


@pytest.mark.parametrize(
    "source",
    [
        "<blockquote type=cite>question</blockquote><p>A long answer below the quote, as some people write their answers still.</p>",
        "<blockquote type=cite>only a quote</blockquote>",
        "<p>text</p><blockquote>just indented</blockquote>",
        "<p>no quote at all</p>",
    ],
)
def test_what_is_not_folded(source: str) -> None:
    assert fold(clean(source).html).quote == ""


def test_a_quote_announced_in_words_is_folded() -> None:
    html = clean("<p>Yes.</p><p>On Monday Bob wrote:</p><blockquote>question</blockquote>").html
    assert fold(html).quote == "<blockquote>question</blockquote>"
    assert fold(from_text("Yes.\n\nBob wrote:\n> question\n\n-- \nAlice")).quote.endswith(
        "question</blockquote>"
    )


def test_text_for_a_reply() -> None:
    html = clean(
        "<p>Hello <a href='https://a.example/x'>there</a></p><ul><li>one<li>two</ul><blockquote>old<br>older</blockquote>"
        "<a href=https://b.example>https://b.example</a><pre>a\n  b</pre><table><tr><td>x<td>y</table>"
    ).html
    assert to_text(html).split("\n") == [
        "Hello there <https://a.example/x>", "", "- one", "- two", "", "> old", "> older", "https://b.example", "a", "  b", "x y",
    ]  # fmt: skip
