"""Five journeys by keyboard alone; `tests/show/33_keyboard.sh` prints them."""

import pytest
from playwright.sync_api import expect

from apps.accounts.models import Role
from apps.accounts.services import credentials, roles
from apps.events.audit import SYSTEM
from tests.factories import a_user

from .conftest import Seat, seat
from .hands import Hands

__all__ = ["seat"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]
SECRET = "correct horse battery"


def told(journey: str) -> None:
    print(f"\n   {journey}")


def sign_in(seat: Seat, path: str) -> Hands:
    """Go where one must have signed in, and do it; the form's first field has the focus."""
    seat.aside(lambda: credentials.set_password(user=seat.shelf.alice, password=SECRET, actor=SYSTEM))
    seat.context.clear_cookies()
    hands = Hands(seat.page)
    seat.page.goto(f"{seat.web}{path}")
    hands.write(seat.shelf.alice.address, "the field for the address has the focus")
    hands.press("Tab")
    hands.write(SECRET, "the password")
    hands.press("Enter")
    return hands


def test_sign_in_and_read_the_newest_message(seat: Seat) -> None:
    told("1. Sign in and read the newest message")
    hands = sign_in(seat, "/")
    page = seat.page
    hands.sees(page.locator(".row-subject").first, "Letter 30")
    hands.press("Enter" if page.evaluate("document.activeElement.matches('[role=row]')") else "o")
    hands.sees(page.locator("mail-thread .thread-subject"), "Letter 30")
    expect(page.frame_locator("mail-thread iframe").locator("body")).to_contain_text("The text of letter 30.")
    expect(page.locator("mail-thread .thread-subject")).to_be_focused()
    hands.press("u", why="back to the list")
    expect(page.locator(".row.is-active")).not_to_have_class("is-unread")
    hands.sees(page.locator("#list-count"), "29 unread")


def test_reply_and_send_with_undo(seat: Seat) -> None:
    told("2. Reply and send, undo, and send again")
    page, hands = seat.inbox(), Hands(seat.page)
    hands.press("j", "o", why="the second message")
    hands.sees(page.locator("mail-thread .thread-subject"), "Letter 29")
    hands.press("r", why="reply")
    expect(page.locator(".composer-text")).to_be_focused()
    hands.write("Yes, gladly.")
    hands.press("Control+Enter", why="send")
    hands.sees(page.locator("#notices .notice"), "Sending to Ana Roth")
    hands.reach("#notices button")
    hands.press("z", why="undo, from wherever the focus is")
    hands.sees(page.locator(".composer-text"), "Yes, gladly.")
    expect(page.locator(".composer-text")).to_be_focused()
    hands.write(" And thank you.")
    hands.press("Control+Enter", why="send")
    hands.sees(page.locator("#notices .notice").last, "Sending to Ana Roth")
    hands.press("g", "o", why="the outbox")
    page.wait_for_url("**/mail/outbox")
    hands.sees(page.locator("main"), "Re: Letter 29")


def test_search_select_label_archive_undo(seat: Seat) -> None:
    told("3. Search, select several, label and archive them, and undo")
    page, hands = seat.inbox(), Hands(seat.page)
    hands.press("/")
    hands.write("subject:letter from:ana")
    hands.press("Enter")
    page.wait_for_url("**?q=*")
    hands.sees(page.locator(".list-status"), "30 results")
    hands.press("j", "x", "Shift+J", "Shift+J", why="select three")
    hands.sees(page.locator(".select-count"), "3 selected")
    hands.press("l")
    hands.write("Finance")
    hands.press("Enter")
    hands.sees(page.locator(".notice").last, "3 messages labelled.")
    expect(page.locator(".row-label", has_text="Finance")).to_have_count(3)
    hands.press("e", why="archive")
    hands.sees(page.locator(".notice").last, "3 messages archived.")
    assert len(seat.aside(lambda: seat.shelf.subjects("Archive"))) == 3
    hands.press("z", why="undo")
    hands.sees(page.locator(".notice").last, "3 messages are as they were.")
    assert seat.aside(lambda: seat.shelf.subjects("Archive")) == []


def test_between_folders_and_to_junk_and_back(seat: Seat) -> None:
    told("4. Move between folders; mark as junk, and back")
    page, hands = seat.inbox(), Hands(seat.page)
    hands.press("j", "!", why="the second message is junk")
    hands.sees(page.locator(".notice").last, "1 message moved to spam.")
    hands.press("g", "l", why="go to a folder")
    hands.write("spam")
    hands.press("Enter")
    page.wait_for_url(f"**/f/{seat.shelf.ids['Junk']}/")
    hands.sees(page.locator(".row-subject").first, "Letter 29")
    hands.press("j", "!", why="it is no junk")
    hands.sees(page.locator(".notice").last, "1 message")
    hands.press("g", "i", why="the inbox")
    page.wait_for_url(f"**/f/{seat.shelf.ids['INBOX']}/")
    hands.sees(page.locator(".row-subject", has_text="Letter 29"))
    hands.press("g", "l")
    hands.write("sent")
    hands.press("Enter")
    page.wait_for_url(f"**/f/{seat.shelf.ids['Sent']}/")
    hands.sees(page.locator("#list-title"), "Sent")
    hands.press("F6", why="the next pane")
    hands.press("g", "i", why="the inbox")
    page.wait_for_url(f"**/f/{seat.shelf.ids['INBOX']}/")


def test_switch_a_user_off_and_on_again(seat: Seat) -> None:
    told("5. In the console: find a user, switch them off, and on again")

    def world() -> None:
        domain = seat.shelf.mailbox.domain
        for local in ("bob", "bobby", "carol"):
            a_user(local, domain=domain)
        roles.grant_role(user=seat.shelf.alice, kind=Role.Kind.SUPERADMIN, organisation=domain.organisation,
                         actor=SYSTEM)  # fmt: skip

    seat.aside(world)
    page, hands = seat.page, sign_in(seat, "/console/")
    page.wait_for_url("**/console/")
    hands.press("Tab", why="a link past the navigation comes first")
    hands.reach("a[href='/console/users/']")
    hands.press("Enter")
    hands.sees(page.locator("h1"), "Users")
    hands.reach("main input[name=q]")
    hands.write(f"bob@{seat.shelf.mailbox.domain.name}")
    expect(page.locator("#listing tbody tr")).to_have_count(1)
    hands.reach("#listing tbody a")
    hands.press("Enter")
    hands.sees(page.locator(".page-head .status"), "may sign in")
    for word, then in (("Keep out", "kept out"), ("Let in", "may sign in")):
        hands.reach("main a[href$='/switch']")
        hands.press("Enter", why=word)
        hands.sees(page.locator("#dialog"), word)
        hands.reach("#dialog .dialog-foot button:last-child")
        hands.press("Enter", why="yes")
        hands.sees(page.locator(".page-head .status"), then)
