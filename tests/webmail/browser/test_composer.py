"""Mail written in a real browser: nothing typed is lost, nothing is sent twice, and nothing pasted acts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from apps.mailflow.writing import identities
from tests.factories import a_mailbox
from tests.webmail.shelf import Shelf, a_letter, a_shelf
from tests.webmail.test_drafts import HTML_LETTER

from .desk import Sitter, sitting

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
AXE = Path(__file__).resolve().parents[3] / "frontend/node_modules/axe-core/axe.min.js"
HOSTILE = (
    '<p style="position:fixed;inset:0;z-index:99">over it<script>window.pwned = 1</script>'
    '<img src="x" onerror="window.pwned = 2"><img src="http://far.example/dot.png">'
    '<a href="javascript:window.pwned=3">click</a><svg onload="window.pwned = 4"></svg>'
    "<form action='/x'><input name='a'><button>go</button></form><iframe srcdoc='<script>parent.pwned=5</script>'></iframe>"
    "<style>body{display:none}</style><b>kept</b></p>"
)


@pytest.fixture
def shelf(real_database: None) -> Shelf:
    found = a_shelf(a_letter(1), HTML_LETTER)
    identities.set_identity(
        user_id=found.alice.pk,
        address=str(found.mailbox),
        name="Alice Meier",
        signature_html="<b>Alice</b>, Firm",
    )
    return found


@pytest.fixture
def sitter(shelf: Shelf) -> Iterator[Sitter]:
    with sitting(shelf) as found:
        yield found
        assert found.problems == []
        assert found.elsewhere() == []


def compose(sitter: Sitter, page: Page | None = None, **wish: object) -> Page:
    """Open the composer beside the list."""
    page = page or sitter.inbox()
    detail = {"mailbox": sitter.shelf.mailbox.pk, "how": "new", **wish}
    page.wait_for_function("() => document.readyState === 'complete'")
    page.evaluate("d => document.dispatchEvent(new CustomEvent('mail:compose', {detail: d}))", detail)
    expect(page.locator(".composer-fields")).to_be_visible()
    return page


def attach(page: Page, name: str, kind: str, content: bytes, field: str = "files") -> None:
    page.set_input_files(f"[name={field}]", FilePayload(name=name, mimeType=kind, buffer=content))


def write(
    page: Page, to: str = "ana@far.example", subject: str = "The garden", text: str = "At noon?"
) -> None:
    page.locator("recipient-field[name=to] input").fill(to)
    page.keyboard.press("Enter")
    page.locator("#composer-subject").fill(subject)
    page.locator(".composer-text").click(position={"x": 30, "y": 20})
    page.keyboard.type(text)


def saved(page: Page) -> None:
    expect(page.locator(".composer-status")).to_have_text(re.compile("Saved"), timeout=15_000)


def content_of(sitter: Sitter, subject: str, folder: str = "INBOX") -> int:
    return next(int(row["content"]) for row in sitter.rows(folder) if row["subject"] == subject)


def test_write_attach_send_and_undo(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    attach(page, "plan.pdf", "application/pdf", b"x" * 300_000)
    expect(page.locator(".composer-file")).to_contain_text("plan.pdf")
    page.keyboard.press("Control+Enter")
    notice = page.locator("#notices .notice")
    expect(notice).to_contain_text("Sending to ana@far.example")
    expect(page.locator("mail-composer")).to_have_count(0)
    assert sitter.subjects("Drafts") == []
    notice.get_by_role("button", name="Undo").click()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")
    expect(page.locator(".composer-file")).to_contain_text("plan.pdf")
    assert sitter.subjects("Sent") == []
    assert sitter.subjects("Drafts") == ["The garden"]


def test_many_saves_are_one_message_of_the_drafts_folder(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    saves = [0]
    page.on("request", lambda request: saves.__setitem__(0, saves[0] + (request.method == "PUT")))
    for number in range(14):
        page.locator("#composer-subject").fill(f"Garden {number}")
        page.wait_for_timeout(700)
    page.wait_for_timeout(4000)
    assert 2 <= saves[0] <= 6
    saved(page)
    assert sitter.subjects("Drafts") == ["Garden 13"]
    before = saves[0]
    page.wait_for_timeout(4000)
    assert saves[0] == before


def test_nothing_that_is_not_written_is_saved(sitter: Sitter) -> None:
    page = compose(sitter)
    page.wait_for_timeout(4000)
    page.keyboard.press("Escape")
    expect(page.locator("mail-composer")).to_have_count(0)
    page = compose(sitter, how="reply", content=content_of(sitter, "Tulips"))
    page.wait_for_timeout(4000)
    assert sitter.subjects("Drafts") == []


def test_an_answer_quotes_html_and_keeps_it_folded(sitter: Sitter) -> None:
    page = compose(sitter, how="reply", content=content_of(sitter, "Tulips"))
    expect(page.locator("#composer-subject")).to_have_value("Re: Tulips")
    expect(page.locator(".person")).to_contain_text("Ana Roth · roth.example")
    expect(page.locator(".composer-text")).to_contain_text("Alice, Firm")
    expect(page.locator(".composer-text")).not_to_contain_text("tulips")
    page.keyboard.type("Yes, gladly.")
    saved(page)
    page.get_by_role("button", name="Show the quoted text").click()
    expect(page.locator(".composer-text table")).to_contain_text("Rows of tulips")
    assert page.locator(".composer-text td").evaluate("e => getComputedStyle(e.closest('table')).color") == (
        "rgb(18, 52, 86)"
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices .notice")).to_contain_text("Sending to Ana Roth")


def test_what_is_written_survives_a_reload_before_it_is_saved(sitter: Sitter) -> None:
    page = compose(sitter)
    page.route("**/drafts/*", lambda route: route.abort())
    write(page, text="Not saved yet")
    expect(page.locator(".composer-status")).to_contain_text("Kept in this browser", timeout=10_000)
    page.unroute("**/drafts/*")
    page.reload()
    notice = page.locator("#notices .notice")
    expect(notice).to_contain_text("not saved yet")
    notice.get_by_role("button", name="Open").click()
    expect(page.locator(".composer-text")).to_contain_text("Not saved yet")
    saved(page)
    assert sitter.subjects("Drafts") == ["The garden"]
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('mail-unsaved:')).length") == 0


def test_a_draft_in_a_tab_of_its_own_survives_a_reload(sitter: Sitter) -> None:
    page = sitter.open("compose")
    expect(page.locator(".composer-fields")).to_be_visible()
    write(page)
    saved(page)
    page.reload()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")
    page.locator(".composer-send").click()
    expect(page.locator(".composer-sent")).to_contain_text("Sending to ana@far.example")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")


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


def test_two_windows_show_both_versions(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page, text="Mine")
    saved(page)
    draft = page.evaluate("document.querySelector('mail-composer').draft")
    other = sitter.new_page()
    other.goto(f"{sitter.web}{sitter.shelf.at(f'compose/{draft}')}")
    expect(other.locator(".composer-text")).to_contain_text("Mine")
    other.locator("#composer-subject").fill("Theirs")
    other.wait_for_timeout(1500)
    saved(other)
    page.locator("#composer-subject").fill("Mine, too")
    sheet = page.get_by_role("alertdialog", name="Two versions of this draft")
    expect(sheet).to_contain_text("Mine, too")
    expect(sheet).to_contain_text("Theirs")
    assert sitter.subjects("Drafts") == ["Theirs"]
    sheet.get_by_role("button", name="Keep mine").click()
    expect(sheet).to_have_count(0)
    saved(page)
    page.wait_for_timeout(300)
    assert sitter.subjects("Drafts") == ["Mine, too"]


def test_discard_can_be_undone(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    saved(page)
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("mail-composer")).to_have_count(0)
    assert sitter.subjects("Drafts") == []
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")
    saved(page)
    assert sitter.subjects("Drafts") == ["The garden"]


def test_discard_in_a_tab_of_its_own_can_be_undone(sitter: Sitter) -> None:
    page = sitter.open("compose")
    expect(page.locator(".composer-fields")).to_be_visible()
    write(page)
    saved(page)
    page.get_by_role("button", name="Discard").click()
    page.locator(".composer-sent").get_by_role("button", name="Undo").click()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")


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


def test_the_end_of_a_session_loses_nothing(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    saved(page)
    session = sitter.shelf.client.cookies["sessionid"].value
    sitter.context.clear_cookies()
    page.locator("#composer-subject").fill("After the end")
    expect(page.get_by_text("Your session is over")).to_be_visible(timeout=10_000)
    sitter.context.add_cookies([{"name": "sessionid", "value": session, "url": sitter.web}])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("Your session is over")).to_have_count(0)
    saved(page)
    assert sitter.subjects("Drafts") == ["After the end"]


def test_later_is_kept_in_the_outbox(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    page.get_by_role("button", name="Later …").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.locator("#notices .notice")).to_contain_text("Will be sent to ana@far.example on")
    page.goto(f"{sitter.web}/mail/outbox")
    expect(page.locator(".outbox-row")).to_contain_text("The garden")
    page.get_by_role("button", name=re.compile("^Edit")).click()
    expect(page.locator(".composer-text")).to_contain_text("At noon?")


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


def test_strangers_find_no_composer(shelf: Shelf, real_database: None) -> None:
    other = a_shelf(a_letter(1), mailbox=a_mailbox("mallory"))
    with sitting(other) as sitter:
        page = sitter.page
        page.goto(f"{sitter.web}{shelf.at('compose')}")
        expect(page.get_by_text("Nothing is here")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(shelf: Shelf, theme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed")
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
