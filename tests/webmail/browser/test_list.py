"""The list in a real browser: moved through, acted on, taken back, and kept true."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.webmail.shelf import a_letter, a_shelf

from .conftest import Seat, sitting

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def phone(real_database: None) -> Iterator[Seat]:
    with sitting(a_shelf(*map(a_letter, range(1, 31))), width=360, height=740) as found:
        yield found


def test_it_works(seat: Seat) -> None:
    page = seat.inbox()
    assert seat.subjects()[:2] == ["Letter 30", "Letter 29"]
    grid = page.locator("[role=grid]")
    assert grid.get_attribute("aria-rowcount") == "30"
    row = page.locator('[role=row][aria-rowindex="1"]')
    name = row.get_attribute("aria-label") or ""
    assert name.startswith("Unread. Ana Roth. Letter 30. ")
    assert page.locator('[role=row][tabindex="0"]').count() == 1


def test_a_conversation_opens_beside_the_list_and_back_closes_it(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**?t=*")
    expect(page.locator(".webmail.is-reading")).to_be_visible()
    expect(page.locator(".row.is-open .row-subject")).to_have_text("Letter 29")
    page.keyboard.press("j")
    expect(page.locator(".row.is-open .row-subject")).to_have_text("Letter 28")
    page.reload()
    expect(page.locator(".webmail.is-reading")).to_be_visible()
    page.go_back()
    page.wait_for_url(lambda url: "t=" not in url)
    page.keyboard.press("o")
    page.wait_for_url("**?t=*")
    page.keyboard.press("u")
    page.wait_for_url(lambda url: "t=" not in url)
    expect(page.locator(".webmail.is-reading")).to_have_count(0)


def test_what_is_read_is_archived_from_its_pane_and_from_its_page(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("o")
    expect(page.locator("mail-thread .thread-subject")).to_have_text("Letter 30")
    page.locator("mail-thread [data-act=archive]").click()
    expect(page.locator(".notice")).to_contain_text("1 message archived.")
    expect(page.locator(".webmail.is-reading")).to_have_count(0)
    expect(page.locator(".row-subject").first).to_have_text("Letter 29")
    row = seat.aside(lambda: seat.shelf.json("rows?start=0&count=1"))["rows"][0]
    page.goto(f"{seat.web}{seat.shelf.at()}t/{row['thread']}?folder={row['folder']}")
    page.keyboard.press("e")
    page.wait_for_selector("mail-list .row")
    expect(page.locator(".notice")).to_contain_text("1 message archived.")
    expect(page.locator(".row-subject").first).to_have_text("Letter 28")
    page.locator(".notice button").first.click()
    expect(page.locator(".row-subject").first).to_have_text("Letter 29")


def test_archive_is_seen_at_once_and_taken_back(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator(".select-count")).to_have_text("2 selected")
    page.keyboard.press("e")
    assert "Letter 29" not in seat.subjects()
    expect(page.locator(".notice")).to_contain_text("2 messages archived.")
    expect(page.locator("#list-count")).to_contain_text("28 messages")
    assert seat.aside(lambda: seat.shelf.subjects("Archive")) == ["Letter 29", "Letter 28"]
    page.keyboard.press("z")
    expect(page.locator(".notice").last).to_contain_text("2 messages are as they were.")
    expect(page.locator("#list-count")).to_contain_text("30 messages")
    assert "Letter 29" in seat.subjects()


def test_the_rest_of_the_keys(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.locator(".row.is-active .is-starred")).to_be_visible()
    page.keyboard.press("Shift+I")
    expect(page.locator(".row.is-active")).not_to_have_class("is-unread")
    page.keyboard.press("#")
    expect(page.locator(".notice")).to_contain_text("1 message moved to the bin.")
    page.keyboard.press("!")
    expect(page.locator(".notice").last).to_contain_text("1 message moved to spam.")
    page.keyboard.press("v")
    page.keyboard.type("arch")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").last).to_contain_text("1 message moved.")
    page.keyboard.press("l")
    page.keyboard.type("Finance")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").last).to_contain_text("1 message labelled.")
    expect(page.locator(".row.is-active .row-label")).to_have_text("Finance")
    page.keyboard.press("?")
    expect(page.locator("#key-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("subject:27")
    assert page.locator("#search").input_value() == "subject:27"
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=*")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(lambda url: "q=" not in url)


def test_single_keys_can_be_switched_off(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.reload()
    page.wait_for_selector("[role=grid]")
    page.keyboard.press("e")
    page.wait_for_timeout(200)
    assert len(seat.aside(seat.shelf.uids)) == 30
    assert not page.locator("#single-keys").is_checked()


def test_panes_are_reached_by_f6(seat: Seat) -> None:
    page = seat.inbox()
    page.locator('[role=row][tabindex="0"]').focus()
    page.keyboard.press("F6")
    assert page.evaluate("document.activeElement.id") == "reading"
    page.keyboard.press("F6")
    assert page.evaluate("document.activeElement.closest('nav') !== null")


def test_new_mail_is_seen_without_asking(seat: Seat) -> None:
    page = seat.inbox()
    page.wait_for_timeout(500)
    seat.put(a_letter(31))
    page.wait_for_selector("text=Letter 31", timeout=2000)
    expect(page.locator("#list-count")).to_contain_text("31 unread")
    expect(page.locator('.nav-item[data-use="INBOX"] .nav-count')).to_have_text("31")
    expect(page.locator("#list-news")).to_have_text("New mail from Ana Roth")


def test_what_another_client_does_is_seen(seat: Seat) -> None:
    page = seat.inbox()
    page.wait_for_timeout(500)
    uid = seat.aside(seat.shelf.uids)[0]
    seat.aside(lambda: seat.shelf.act("delete", uid))
    expect(page.locator(".row-subject", has_text="Letter 30")).to_have_count(0, timeout=2000)


def test_the_whole_folder(seat: Seat) -> None:
    page = seat.inbox()
    page.locator('[role=row][tabindex="0"]').focus()
    page.keyboard.press("Control+a")
    expect(page.locator(".select-count")).to_have_text("30 selected")
    page.keyboard.press("e")
    expect(page.locator("mail-list .empty")).to_contain_text("Your inbox is empty")
    page.keyboard.press("z")
    expect(page.locator("[role=grid]")).to_have_attribute("aria-rowcount", "30")


def test_the_bin_asks_before_it_is_final(seat: Seat) -> None:
    seat.aside(lambda: seat.shelf.act("delete", *seat.shelf.uids()[:2]))
    page = seat.inbox(folder="Trash")
    page.keyboard.press("#")
    expect(page.locator("#erase-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    assert len(seat.aside(lambda: seat.shelf.uids("Trash"))) == 2
    page.keyboard.press("#")
    page.locator("#erase-dialog .btn-error").click()
    expect(page.locator(".notice")).to_contain_text("1 message deleted for ever.")
    assert len(seat.aside(lambda: seat.shelf.uids("Trash"))) == 1


def test_recent_actions_lead_back(seat: Seat) -> None:
    page = seat.inbox()
    page.keyboard.press("e")
    expect(page.locator(".notice")).to_contain_text("archived")
    page.locator("[popovertarget=recent-menu]").click()
    page.locator(".recent-undo").click()
    expect(page.locator(".notice").last).to_contain_text("1 message is as it was.")


def test_a_lost_socket_is_said_and_found_again(seat: Seat) -> None:
    page = seat.inbox()
    page.wait_for_timeout(300)
    seat.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(page.locator("#offline-line")).to_be_visible(timeout=8000)
    seat.context.set_offline(False)
    expect(page.locator("#offline-line")).to_be_hidden(timeout=10000)


def test_a_search_says_where_it_stands(seat: Seat) -> None:
    page = seat.inbox("?q=letter")
    expect(page.locator(".list-status")).to_have_text("30 results")
    page = seat.inbox("?q=nowhere")
    expect(page.locator(".empty").first).to_contain_text("No results in all mail")


def test_what_is_done_to_results_is_taken_back(seat: Seat) -> None:
    page = seat.inbox("?q=letter")
    page.keyboard.press("j")
    page.keyboard.press("#")
    expect(page.locator(".list-status")).to_have_text("29 results")
    page.keyboard.press("z")
    expect(page.locator(".list-status")).to_have_text("30 results")


def test_the_phone_shows_one_pane_at_a_time(phone: Seat) -> None:
    page = phone.inbox()
    assert page.locator(".row").first.bounding_box()["height"] == 72  # type: ignore[index]
    expect(page.locator("#webmail-nav")).to_be_hidden()
    page.locator("[data-drawer]").click()
    expect(page.locator("#webmail-nav")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".row").first.click()
    expect(page.locator("#reading")).to_be_visible()
    page.locator("#reading-back").click()
    expect(page.locator("#reading")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_writing_begins_in_sight_at_every_width(seat: Seat) -> None:
    page = seat.inbox()
    for width in (360, 768, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("[data-compose]").filter(visible=True)).to_have_count(1)
    page.set_viewport_size({"width": 768, "height": 900})
    page.click(".compose-float")
    expect(page.locator(".composer")).to_be_visible()


def test_without_scripts_it_is_links(seat: Seat) -> None:
    page = seat.page
    context = seat.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(seat.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{seat.web}{seat.shelf.at()}f/{seat.shelf.ids['INBOX']}/")
    expect(page.locator(".rows h3")).to_have_count(30)
    page.locator(".list-filters a", has_text="Starred").click()
    expect(page.locator(".empty").first).to_contain_text("No message is like that")
    context.close()
