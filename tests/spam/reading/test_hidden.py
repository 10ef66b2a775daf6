"""Text that a program reads and alice does not: every way mallory hides it, and what is not hidden."""

import pytest

from apps.spam.reading import read

from .letters import letter

HIDDEN = {
    "display": ["<div style='display:none'>W</div>", "<p style='DISPLAY : none !important'>W</p>", "<p hidden>W</p>",
                "<style>.x{display:none}</style><p class='a x'>W</p>", "<style>#i{display:none}</style><p id=i>W</p>",
                "<style>@media screen{p.x{display:none}}</style><p class=x>W</p>", "<template>W</template>",
                "<div style='dis\\70lay:none'>W</div>", "<div style='display/**/:none'><b style='display:block'>W</b></div>"],
    "visibility": ["<p style='visibility:hidden'>W</p>"],
    "size": ["<p style='font-size:0'>W</p>", "<p style='font-size:1px'>W</p>", "<p style='font:0.5pt/1 serif'>W</p>",
             "<p style='font-size:5%'>W</p>", "<p style='font-size:0px'><b style='font-size:2em'>W</b></p>"],
    "colour": ["<p style='color:#fff'>W</p>", "<body bgcolor=black><p>W</p></body>", "<font color=FEFEFE>W</font>",
               "<p style='color:white;background:url(x)'></p><p style='color:rgb(250, 250,250)'>W</p>",
               "<p style='background-color:#123456;color:#133557'>W</p>", "<p style='color:transparent'>W</p>",
               "<p style='color:rgba(0,0,0,0.01)'>W</p>", "<table bgcolor='#000000'><tr><td>W</td></tr></table>"],
    "opacity": ["<p style='opacity:0'>W</p>", "<p style='opacity:0.01'>W</p>"],
    "box": ["<p style='max-height:0;overflow:hidden'>W</p>", "<p style='width:0px;overflow:hidden'>W</p>",
            "<p style='position:absolute;clip:rect(0,0,0,0)'>W</p>"],
    "offscreen": ["<p style='position:absolute;left:-9999px'>W</p>", "<p style='text-indent:-5000px'>W</p>"],
}  # fmt: skip


@pytest.mark.parametrize(("why", "html"), [(why, html) for why, all_of in HIDDEN.items() for html in all_of])
def test_hidden_text_goes_apart(why: str, html: str) -> None:
    reading = read(letter(f"<p>Seen</p>{html.replace('W', 'Secret words')}<p>Again</p>"))
    assert reading.hidden_text == "Secret words"
    assert reading.text == "Seen\nAgain"
    assert dict(reading.html.hidden) == {why: 12}


SEEN = [
    "<p style='display:block'>W</p>",
    "<div style='display:none'>x</div><p>W</p>",
    "<div style='font-size:0'><p style='font-size:14px'>W</p></div>",
    "<div style='visibility:hidden'><b style='visibility:visible'>W</b></div>",
    "<td bgcolor=navy><font color=white>W</font></td>",
    "<style>.b a{background:#00f}</style><p class=b><a class=b style='color:#fff'>W</a></p>",
    "<style>.b{background:#00f}</style><p class=b style='color:#fff'>W</p>",
    "<style>@media (max-width:600px){.m{display:none}}</style><p class=m>W</p>",
    "<style>@media print{.m{display:none}}</style><p class=m>W</p>",
    "<style>.m{display:none}</style><p class=m style='display:block'>W</p>",
    "<p style='background:linear-gradient(red,blue);color:#fff'>W</p>",
    "<td background=x.png style='color:#fff'>W</td>",
    "<p style='font-size:0.9em;line-height:0;height:1px'>W</p>",
    "<ul><li style='display:none'>x<li>W</ul>",
    "<table><tr><td style='display:none'>x<td>W</table>",
    "<p style='color:#fff;background:navy'>W</p>",
    "<!--[if !mso]><!-- --><p>W</p><!--<![endif]-->",
]


@pytest.mark.parametrize("html", SEEN)
def test_what_is_seen_is_seen(html: str) -> None:
    assert "Plain words" in read(letter(html.replace("W", "Plain words"))).text


def test_comments_scripts_and_conditions_are_no_text() -> None:
    reading = read(
        letter(
            "a<!-- b --><script>c</script><style>d</style><title>e</title><!--[if mso]><p>f</p><![endif]--><? g ?>h"
        )
    )
    assert reading.text == "ah"
    assert reading.hidden_text == ""


def test_words_of_a_hidden_link_are_not_its_text() -> None:
    reading = read(letter("<a href='https://evil.test/'>Your bank<span style='display:none'>x-9</span></a>"))
    assert reading.links[0].text == "Your bank"


def test_faint_text_is_seen_and_counted() -> None:
    reading = read(letter("<p style='color:#e0e0e0'>Unsubscribe</p>"))
    assert reading.text == "Unsubscribe"
    assert reading.html.faint == 11
