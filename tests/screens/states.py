"""Screens that no address alone leads to: what is opened, typed or chosen first, what is empty, what went wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from playwright.sync_api import Page

from apps.pages.views import errors

from .world import PASSWORD, World

LIST = "mail-list [role=grid], mail-list .empty"


@dataclass(frozen=True, slots=True)
class Screen:
    """Something to look at: an address, who looks, and what they do there first."""

    name: str
    path: str
    who: str = "alice"
    first: Callable[[Page], None] | None = None
    status: int = 200
    answer: HttpResponse | None = None
    """What is said instead of the server's answer."""


def pressing(*keys: str, then: str) -> Callable[[Page], None]:
    """Press keys on the list, one after another, and wait for something."""

    def press(page: Page) -> None:
        page.wait_for_selector(LIST)
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_selector(then)

    return press


def clicking(*selectors: str, then: str) -> Callable[[Page], None]:
    """Click one thing after another, and wait for something."""

    def click(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()
        page.wait_for_selector(then)

    return click


def states(world: World) -> Iterator[Screen]:
    """Return those of everybody, of the webmail, and of the console."""
    yield from _of_everybody(world)
    yield from _of_webmail(world)
    yield from _of_console(world)


def _of_everybody(world: World) -> Iterator[Screen]:
    yield Screen("sign-in-refused", "/sign-in", "nobody", _sign_in("nobody@example.test", "wrong"), 422)
    yield Screen("second-step", "/sign-in", "nobody", _sign_in(world.two_steps, PASSWORD))
    yield Screen("second-step-refused", "/sign-in", "nobody", _wrong_code(world), 422)
    yield Screen("settings-security-plain", "/settings/security", "bob")
    yield Screen("api-docs", "/api/v1/docs", "alice")
    yield Screen("error-404", "/there-is-nothing", "alice", status=404)
    yield Screen("error-404-nobody", "/there-is-nothing", "nobody", status=404)
    yield Screen("error-403", "/console/", "alice", status=403)
    for status, view in ((400, errors.bad_request), (500, errors.failed)):
        yield Screen(f"error-{status}", f"/as-if-{status}", "alice", status=status, answer=_said(view))
    yield Screen(
        "error-signed-out", "/as-if-signed-out", "alice", status=401, answer=_said(errors.signed_out)
    )
    yield Screen("error-csrf", "/as-if-csrf", "alice", status=403, answer=_said(errors.csrf_failure))
    yield Screen(
        "account-menu",
        world.inbox,
        "alice",
        clicking("[popovertarget=account-menu]", then="#account-menu .item"),
    )


def _of_webmail(world: World) -> Iterator[Screen]:
    inbox, mailbox = world.inbox, world.first("mailbox_id")
    thread, content = world.first("thread"), world.first("content_id")
    empty = inbox.replace(f"/f/{world.first('folder_id')}/", f"/f/{world.first('empty_id')}/")
    reading = "mail-thread .thread-subject"
    yield Screen("webmail-reading", f"{inbox}?t={thread}", first=_wait(reading))
    for n, each in enumerate(world.names["letter"]):
        yield Screen(f"webmail-letter-{n}", f"{inbox}?t={each}", first=_wait(reading))
    yield Screen("webmail-selection", inbox, first=pressing("j", "x", "Shift+J", then=".select-count"))
    yield Screen("webmail-move", inbox, first=pressing("j", "v", then="dialog[open], :popover-open"))
    yield Screen("webmail-keys", inbox, first=pressing("?", then="#key-sheet[open]"))
    yield Screen("webmail-folder-empty", empty)
    yield Screen("webmail-unread", f"{inbox}?show=unread")
    yield Screen("webmail-starred", f"{inbox}?show=starred")
    yield Screen("webmail-search", f"{inbox}?q=lunch+from:dave")
    yield Screen("webmail-search-none", f"{inbox}?q=rhinoceros")
    yield Screen("webmail-new-folder", inbox, first=_new_folder)
    yield Screen("webmail-compose-beside", inbox, first=pressing("c", then=".composer-fields"))
    yield Screen("webmail-reply", f"{inbox}?t={thread}", first=_reply)
    yield Screen("webmail-no-mailbox", "/mail/", "careful")
    yield Screen("webmail-outbox-empty", "/mail/outbox", "bob")
    yield Screen("webmail-inbox-empty", "/mail/", "bob")
    yield Screen("webmail-trace-unknown", f"/mail/m/{mailbox}/{content}/trace")


def _of_console(world: World) -> Iterator[Screen]:
    user = f"/console/users/{world.first('user_id')}/"
    yield Screen("console-dialog", user, "admin", clicking("[hx-get$='/switch']", then="#dialog[open] form"))
    for how in ("going", "done"):
        yield Screen(f"console-import-{how}", f"/console/imports/{world.first(f'import_{how}')}/", "admin")
    yield Screen("console-menu", "/console/users/", "admin", _console_menu)


def _wait(selector: str) -> Callable[[Page], None]:
    def wait(page: Page) -> None:
        page.wait_for_selector(selector)
        page.wait_for_timeout(300)  # A message's frame takes its height from what it shows.
        page.evaluate("document.activeElement?.blur()")  # As whoever opened it with a mouse sees it.

    return wait


def _sign_in(address: str, password: str) -> Callable[[Page], None]:
    def sign_in(page: Page) -> None:
        page.fill("#address", address)
        page.fill("#password", password)
        page.keyboard.press("Enter")
        page.wait_for_selector("#code, .banner-err")

    return sign_in


def _wrong_code(world: World) -> Callable[[Page], None]:
    def wrong_code(page: Page) -> None:
        _sign_in(world.two_steps, PASSWORD)(page)
        page.fill("#code", "000000")
        page.keyboard.press("Enter")
        page.wait_for_selector(".banner-err")

    return wrong_code


def _reply(page: Page) -> None:
    page.wait_for_selector("mail-thread .thread-subject")
    page.keyboard.press("r")
    page.wait_for_selector(".composer-text")


def _new_folder(page: Page) -> None:
    page.wait_for_selector(LIST)
    if page.locator("[data-drawer]").is_visible():
        page.locator("[data-drawer]").click()
    clicking("[data-opens=new-folder]", then="#new-folder[open]")(page)


def _console_menu(page: Page) -> None:
    """Open the navigation where it is folded, and the menu of the account where not."""
    toggle = page.locator(".nav-toggle")
    if toggle.is_visible():
        toggle.click()
    else:
        page.locator("[popovertarget=account-menu]").click()
    page.wait_for_selector(":popover-open")


def _said(view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    request = RequestFactory(SERVER_NAME="localhost").get("/")
    request.user = AnonymousUser()
    return view(request)
