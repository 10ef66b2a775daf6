"""A real browser before the console, with the administrator of a domain."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from playwright.sync_api import Page, sync_playwright

from apps.domains.models import Domain
from apps.pages import assets
from tests.browser import find_chromium, lacking
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user
from tests.webmail.live import serving_web

ARGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
AXE = Path(settings.BASE_DIR) / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Desk:
    """Somebody's page of the console, and the domain they administer."""

    web: str
    page: Page
    domain: Domain

    def faults(self) -> list[Any]:
        """Return what axe says of the page."""
        if not AXE.exists():
            warnings.warn("axe-core is not installed: no page is checked by it", stacklevel=2)
            return []
        run = ";axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => one.id))"
        found: list[Any] = self.page.evaluate(AXE.read_text() + run)
        return found


@contextmanager
def a_desk(*, width: int = 1366, theme: str = "light") -> Iterator[Desk]:
    """Open a browser; whatever it complains about fails the test."""
    chromium = find_chromium()
    if not assets.has("console.js"):
        lacking("the scripts are not built: nothing is tried in a browser")
    domain = a_domain()
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    a_mailbox("there", domain=domain)
    cookie = browser(boss).cookies[settings.SESSION_COOKIE_NAME].value
    with serving_web() as web, sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        context = opened.new_context(
            viewport={"width": width, "height": 768}, color_scheme="dark" if theme == "dark" else "light"
        )
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": web}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield Desk(web, page, domain)
        opened.close()
        assert complaints == []


def aside[T](work: Callable[[], T]) -> T:
    """Do something with the database: in a thread of its own, for the browser's loop forbids it in this one."""
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
