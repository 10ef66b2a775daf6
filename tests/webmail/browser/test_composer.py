"""Mail written in a real browser: nothing typed is lost, and nothing is sent twice."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.factories import a_mailbox
from tests.webmail.shelf import Shelf, a_letter, a_shelf

from .composing import attach, compose, content_of, saved, shelf, sitter, write
from .desk import Sitter, sitting

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
__all__ = ["shelf", "sitter"]


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


def test_the_end_of_a_session_loses_nothing(sitter: Sitter) -> None:
    page = compose(sitter)
    write(page)
    saved(page)
    session = sitter.shelf.client.cookies[settings.SESSION_COOKIE_NAME].value
    sitter.context.clear_cookies()
    page.locator("#composer-subject").fill("After the end")
    expect(page.get_by_text("Your session is over")).to_be_visible(timeout=10_000)
    sitter.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": sitter.web}])
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


def test_strangers_find_no_composer(shelf: Shelf, real_database: None) -> None:
    other = a_shelf(a_letter(1), mailbox=a_mailbox("mallory"))
    with sitting(other) as sitter:
        page = sitter.page
        page.goto(f"{sitter.web}{shelf.at('compose')}")
        expect(page.get_by_text("Nothing is here")).to_be_visible()
