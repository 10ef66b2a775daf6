"""Somebody at a browser: signed in, with pages served from this process, and what the server says beside it."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from apps.pages import assets
from tests.browser import lacking
from tests.webmail.live import serving_web
from tests.webmail.shelf import Shelf

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@dataclass
class Sitter:
    """A page of somebody who is signed in. The database is out of reach while it runs, so the server is asked."""

    shelf: Shelf
    web: str
    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def open(self, rest: str = "") -> Page:
        self.page.goto(f"{self.web}{self.shelf.at(rest)}")
        return self.page

    def inbox(self) -> Page:
        return self.open(f"f/{self.shelf.ids['INBOX']}/")

    def new_page(self) -> Page:
        page = self.context.new_page()
        self._watch(page)
        return page

    def rows(self, folder: str) -> list[dict[str, Any]]:
        answer = self.context.request.get(
            f"{self.web}{self.shelf.at(f'f/{self.shelf.ids[folder]}/rows?start=0&count=50')}"
        )
        found: list[dict[str, Any]] = json.loads(answer.body())["rows"]
        return found

    def subjects(self, folder: str) -> list[str]:
        return [row["subject"] for row in self.rows(folder)]

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("requestfinished", lambda request: self.requested.append(request.url))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        # What the policy stopped was never asked for.
        if request.failure != "csp":
            self.requested.append(request.url)

    def elsewhere(self) -> list[str]:
        """Return what the browser asked of anyone but us."""
        ours = (f"{self.web}/", "data:", "about:", "blob:")
        return [url for url in self.requested if not url.startswith(ours)]


@contextlib.contextmanager
def sitting(shelf: Shelf, width: int = 1366, height: int = 860, **more: Any) -> Iterator[Sitter]:
    """Sign in and open a browser; only then, for its loop forbids the database in this thread."""
    if not CHROMIUM.exists() or not assets.has("webmail.js"):
        lacking("Chromium or the built scripts are not here: nothing is tried in a browser")
    cookie = shelf.client.cookies[settings.SESSION_COOKIE_NAME].value
    with serving_web() as web, sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": web}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        sitter = Sitter(shelf, web, context, page)
        sitter._watch(page)
        yield sitter
        browser.close()
