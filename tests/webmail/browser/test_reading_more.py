"""Reading in a real browser: labels, pictures of a trusted sender, what is slow, and whole folders."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.webmail.mail import an_email, file
from tests.webmail.shelf import a_letter, a_shelf

from .conftest import Seat, sitting

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]
AXE = Path(__file__).resolve().parents[3] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    if not AXE.exists():
        return []
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(
        "async () => (await axe.run(document, {iframes: false})).violations.map(v => v.id)"
    )
    return found


def test_a_label_is_given_and_taken_above_the_conversation(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("o")
    page.click("mail-thread [data-act=label]")
    page.keyboard.type("Finance")
    page.keyboard.press("Enter")
    chip = page.locator(".thread-label")
    expect(chip).to_have_text("Finance")
    expect(page.locator(".row.is-open .row-label")).to_have_text("Finance")
    assert violations(page) == []
    chip.get_by_role("button").click()
    expect(chip).to_have_count(0)
    page.keyboard.press("z")
    expect(chip).to_have_text("Finance")


def test_archive_and_on_to_the_next(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("o")
    subject = page.locator("mail-thread .thread-subject")
    expect(subject).to_have_text("Letter 30")
    page.keyboard.press("]")
    expect(subject).to_have_text("Letter 29")
    page.locator('[data-step="1"]').click()
    expect(subject).to_have_text("Letter 28")
    page.keyboard.press("[")
    expect(subject).to_have_text("Letter 29")
    expect(page.locator(".row-subject").first).to_have_text("Letter 29")


def test_a_folder_is_marked_as_read_and_taken_back(seat: Seat) -> None:
    page = seat.inbox()
    page.click('[popovertarget="folder-menu"]')
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".notice")).to_contain_text("30 messages marked as read.")
    expect(page.locator(".row.is-unread")).to_have_count(0)
    page.locator(".notice button").first.click()
    expect(page.locator(".row.is-unread").first).to_be_visible()


def test_a_row_is_dragged_to_a_folder(seat: Seat) -> None:
    page = seat.inbox()
    archive = page.locator('#webmail-nav [data-use="\\\\Archive"]')
    page.locator('[role=row][aria-rowindex="1"]').drag_to(archive)
    expect(page.locator(".notice")).to_contain_text("1 message moved.")
    expect(page.locator(".row-subject").first).to_have_text("Letter 29")


def test_what_is_slow_says_so_and_can_be_left(seat: Seat) -> None:
    page = seat.inbox()
    page.route("**/t/*", lambda _route: None)
    page.keyboard.press("o")
    expect(page.locator(".is-waiting .thread-subject")).to_have_text("Letter 30")
    page.get_by_role("button", name="Cancel").click(timeout=10_000)
    expect(page.locator(".webmail.is-reading")).to_have_count(0)
    page.unroute("**/t/*")
    page.keyboard.press("o")
    expect(page.locator("mail-thread .thread-subject")).to_have_text("Letter 30")


def test_pictures_of_a_sender_are_always_shown(real_database: None) -> None:
    shelf = a_shelf()
    for n in (1, 2):
        html = f'<p>{n}</p><img src="https://shop.example/{n}.png">'
        file(an_email(html=html, subject=f"Offer {n}").as_bytes(), shelf.mailbox)
    with sitting(shelf, width=360, height=740) as seat:
        page = seat.inbox()
        page.click("[role=row] >> nth=0")
        page.get_by_role("button", name="Always for this sender").click()
        expect(page.locator(".notice")).to_contain_text("always shown")
        expect(page.locator("[data-note=pictures]")).to_have_count(0)
        assert violations(page) == []
        page.click("#reading-back")
        page.click("[role=row] >> nth=1")
        expect(page.locator("mail-thread .thread-subject")).to_have_text("Offer 1")
        expect(page.locator(".message-frame")).to_have_attribute("src", re.compile("images=1"))
        expect(page.locator("[data-note=pictures]")).to_have_count(0)


def test_an_empty_mailbox_helps(real_database: None) -> None:
    with sitting(a_shelf()) as seat:
        page = seat.inbox()
        expect(page.locator("mail-list .first-steps")).to_contain_text("Nothing here yet")
        page.click("mail-list .first-line summary")
        expect(page.get_by_role("link", name="Make an app password")).to_be_visible()
        assert violations(page) == []
        seat.put(a_letter(1))
        page.keyboard.press("Escape")
        page.evaluate(
            "document.dispatchEvent(new CustomEvent('mail:acted', {detail: {undo: null, verb: 'x', count: 0}}))"
        )
        expect(page.locator(".row-subject").first).to_have_text("Letter 1")
