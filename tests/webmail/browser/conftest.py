"""A browser in which alice sits before her mail."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import BrowserContext, Page, sync_playwright

from apps.pages import assets
from tests.browser import lacking
from tests.webmail.live import serving_web
from tests.webmail.shelf import Shelf, a_letter, a_shelf, put

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
COOKIES = ("mail_session",)


@dataclass
class Seat:
    """Her mailbox, the page before her, and where it comes from."""

    shelf: Shelf
    web: str
    page: Page
    context: BrowserContext

    def inbox(self, query: str = "", folder: str = "INBOX") -> Page:
        """Open a folder, and wait until the list has taken over."""
        self.page.goto(f"{self.web}{self.shelf.at()}f/{self.shelf.ids[folder]}/{query}")
        self.page.wait_for_selector("mail-list [role=grid], mail-list .empty")
        return self.page

    def aside[T](self, work: Callable[[], T]) -> T:
        """Do something with the database: not in the browser's own thread, whose loop forbids it."""
        return aside(work)

    def put(self, letter: bytes) -> None:
        """Let a letter come."""
        aside(lambda: put(self.shelf.mailbox, letter))

    def subjects(self) -> list[str]:
        """Return the subjects that are on the screen."""
        return self.page.locator("mail-list .row .row-subject").all_inner_texts()


def aside[T](work: Callable[[], T]) -> T:
    """Run something in a thread of its own, whose connections end with it."""
    done: list[T] = []

    def run() -> None:
        try:
            done.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return done[0]


@contextlib.contextmanager
def sitting(shelf: Shelf, *, width: int = 1366, height: int = 768, theme: str = "light") -> Iterator[Seat]:
    """Open a browser in which the owner of a mailbox is signed in."""
    if not CHROMIUM.exists() or not assets.has("webmail.js"):
        lacking("no Chromium, or no built assets: pages are not tried in a browser")
    with serving_web() as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
        )
        for name in COOKIES:
            context.add_cookies([{"name": name, "value": shelf.client.cookies[name].value, "url": web}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error.stack)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield Seat(shelf, web, page, context)
        browser.close()
        # The conversation's page may not be there yet; anything else is a fault of ours.
        # A test may cut the line.
        expected = ("404", "ERR_INTERNET_DISCONNECTED")
        assert [text for text in complaints if not any(word in text for word in expected)] == []


@pytest.fixture
def seat(real_database: None) -> Iterator[Seat]:
    """Alice before thirty letters."""
    with sitting(a_shelf(*map(a_letter, range(1, 31)))) as found:
        yield found
