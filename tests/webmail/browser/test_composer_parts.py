"""The parts of the composer in a real browser: people, text, files, questions; and nothing pasted acts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import lacking
from tests.webmail.shelf import Shelf

from .composing import attach, compose, content_of, saved, shelf, sitter, write
from .desk import Sitter, sitting

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
__all__ = ["shelf", "sitter"]
AXE = Path(__file__).resolve().parents[3] / "frontend/node_modules/axe-core/axe.min.js"
HOSTILE = (
    '<p style="position:fixed;inset:0;z-index:99">over it<script>window.pwned = 1</script>'
    '<img src="x" onerror="window.pwned = 2"><img src="http://far.example/dot.png">'
    '<a href="javascript:window.pwned=3">click</a><svg onload="window.pwned = 4"></svg>'
    "<form action='/x'><input name='a'><button>go</button></form><iframe srcdoc='<script>parent.pwned=5</script>'></iframe>"
    "<style>body{display:none}</style><b>kept</b></p>"
)


def test_hostile_html_is_harmless(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page, text="Before ")
    page.evaluate(
        """html => {
            const data = new DataTransfer();
            data.setData('text/html', html);
            document.querySelector('.composer-text').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        HOSTILE,
    )
    expect(page.locator(".composer-text b").get_by_text("kept")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned ?? null") is None
    inside = page.locator(".composer-text")
    assert inside.locator("script, svg, form, input, iframe, style, [onerror], [style*=fixed]").count() == 0
    assert inside.locator("a[href^=javascript]").count() == 0
    saved(page)
    page.reload()
    page = compose(sitter, page, draft="", content=content_of(sitter, "The garden", "Drafts"))
    expect(page.locator(".composer-text")).to_contain_text("Before")
    assert page.evaluate("window.pwned ?? null") is None


def test_pictures_of_others_are_not_fetched(sitter: Sitter) -> None:
    page = compose(sitter, how="forward", content=content_of(sitter, "Tulips"))
    expect(page.locator(".composer-text")).to_contain_text("Rows of tulips")
    assert page.locator(".composer-text img").get_attribute("src") == "http://far.example/dot.png"
    page.wait_for_timeout(500)


def test_doubts_are_asked_before_it_leaves(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page, to="ana@gmial.com", subject="", text="See the attached plan.")
    page.locator(".composer-send").click()
    sheet = page.get_by_role("alertdialog")
    expect(sheet).to_contain_text("It has no subject.")
    expect(sheet).to_contain_text("nothing is attached")
    sheet.get_by_role("button", name="Change it").click()
    expect(page.locator(".person")).to_contain_text("ana@gmail.com")
    sheet.get_by_role("button", name="Send anyway").click()
    expect(page.locator("#notices .notice")).to_contain_text("Sending to ana@gmail.com")


def test_a_refusal_is_said_and_nothing_is_lost(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page, to="nobody")
    page.locator(".composer-send").click()
    expect(page.locator(".composer .is-error")).to_contain_text("This is no address: nobody")
    expect(page.locator(".person.is-bad")).to_contain_text("nobody")
    expect(page.locator(".composer-text")).to_contain_text("At noon?")


def test_a_quote_with_colours_stays_readable_in_the_dark(shelf: Shelf) -> None:
    with sitting(shelf, color_scheme="dark") as sitter:
        page = compose(sitter, how="reply", content=content_of(sitter, "Tulips"))
        page.get_by_role("button", name="Show the quoted text").click()
        quote = page.locator(".composer-text > blockquote")
        assert quote.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"


def test_files_are_dropped_cancelled_and_refused_in_words(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(['x'.repeat(5000)], 'dropped.txt', {type: 'text/plain'}));
            for (const type of ['dragover', 'drop']) {
                document.querySelector('.composer').dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
            }
        }"""
    )
    expect(page.locator(".composer-file")).to_contain_text("dropped.txt")
    page.route(
        "**/mail/uploads?*",
        lambda route: route.fulfill(status=413, json={"detail": "Too much.", "code": "x"}),
    )
    attach(page, "large.bin", "application/octet-stream", b"x" * 1000)
    expect(page.locator(".composer-file.is-failed")).to_contain_text("Too much.")
    page.locator(".composer-send").click()
    expect(page.locator(".composer .is-error")).to_contain_text("A file could not be uploaded")
    page.unroute("**/mail/uploads?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".composer-file.is-failed")).to_have_count(0)
    page.get_by_role("button", name="Remove dropped.txt").click()
    expect(page.locator(".composer-file")).to_have_count(1)


def test_people_by_keyboard_and_by_paste(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices .notice")).to_contain_text("Sending")
    page = compose(sitter, page)
    to = page.locator("recipient-field[name=to] input")
    to.fill("an")
    option = page.get_by_role("option")
    expect(option).to_contain_text("ana@far.example")
    expect(to).to_have_attribute("aria-expanded", "true")
    to.press("Enter")
    expect(page.locator(".person")).to_have_count(1)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData('text/plain', 'Bob <bob@far.example>, "Roth, C." <c@far.example>; d@far.example\\nANA@far.example');
            document.querySelector('recipient-field input').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.locator(".person")).to_have_count(4)
    to.press("Backspace")
    page.keyboard.press("Delete")
    expect(page.locator(".person")).to_have_count(3)
    page.get_by_role("button", name="Bcc", exact=True).click()
    page.keyboard.type("hidden@far.example,")
    expect(page.locator("recipient-field[name=bcc] .person")).to_have_count(1)


def test_formats_links_and_plain_text(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page, text="")
    page.keyboard.press("Control+b")
    page.keyboard.type("loud")
    expect(page.get_by_role("button", name=re.compile("^Bold"))).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+b")
    page.keyboard.type(" ")
    page.keyboard.press("Control+k")
    page.locator("#link-text").fill("the plan")
    page.locator("#link-address").fill("javascript:alert(1)")
    page.get_by_role("button", name="Set link").click()
    expect(page.get_by_text("This is no web or mail address.")).to_be_visible()
    page.locator("#link-address").fill("far.example/plan")
    page.get_by_role("button", name="Set link").click()
    expect(page.locator(".composer-text a")).to_have_attribute("href", "https://far.example/plan")
    page.get_by_role("button", name="Plain text").click()
    assert "loud the plan" in page.locator(".composer-plain").input_value()
    page.get_by_role("button", name="Plain text").click()
    expect(page.locator(".composer-text b").first).to_have_text("loud")


def test_a_picture_within_the_text(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    dot = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
    attach(page, "dot.png", "image/png", dot, "pictures")
    expect(page.locator(".composer-text img")).to_have_attribute("src", re.compile(r"^/mail/uploads/\d+$"))
    expect(page.locator(".composer-file")).to_have_count(0)
    saved(page)
    page.wait_for_timeout(3500)
    page = compose(sitter, sitter.inbox(), draft="", content=content_of(sitter, "The garden", "Drafts"))
    expect(page.locator(".composer-text img")).to_have_attribute("src", re.compile(r"^/mail/uploads/\d+$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(shelf: Shelf, theme: str) -> None:
    if not AXE.exists():
        lacking("axe-core is not installed")
    with sitting(shelf, color_scheme=theme) as sitter:
        page = compose(sitter, how="reply", content=content_of(sitter, "Tulips"))
        attach(page, "a.txt", "text/plain", b"x")
        page.locator("#composer-subject").fill("")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alertdialog")).to_be_visible()
        assert violations(page) == []
        page.goto(f"{sitter.web}/mail/outbox")
        assert violations(page) == []
        sitter.open("compose")
        expect(page.locator(".composer-fields")).to_be_visible()
        assert violations(page) == []


def violations(page: Page) -> list[object]:
    page.wait_for_timeout(400)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found["violations"]
        if any("composer" in str(node) or "outbox" in str(node) for node in each["nodes"])
    ]
