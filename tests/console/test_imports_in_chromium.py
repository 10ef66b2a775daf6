"""An administrator imports a table in a real browser: from the button on the list of users to the passwords."""

import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Page, sync_playwright

from apps.domains.models import Domain
from apps.mailboxes.models import Mailbox
from apps.mailflow.roster import runs
from apps.pages import assets
from tests.browser import find_chromium, lacking
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user
from tests.webmail.live import serving_web

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_database")]
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


@pytest.fixture(params=["light", "dark"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    chromium = find_chromium()
    if not assets.has("console.js"):
        lacking("the scripts are not built: nothing is tried in a browser")
    domain = a_domain()
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    a_mailbox("there", domain=domain)
    cookie = browser(boss).cookies[settings.SESSION_COOKIE_NAME].value
    width = 1366 if request.param == "light" else 360
    with serving_web() as web, sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        context = opened.new_context(viewport={"width": width, "height": 768}, color_scheme=request.param)
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


def test_a_table_is_imported(desk: Desk, tmp_path: Path) -> None:
    page, at = desk.page, desk.domain.name
    path = tmp_path / "people.csv"
    people = "".join(f"person{number}@{at};Person {number}\n" for number in range(120))
    path.write_text(f"E-Mail;Name\n{people}there@{at};There\nx@elsewhere.test;X\nnobody;Y\n", "utf-16")

    page.goto(f"{desk.web}/console/users/")
    page.click("text=Import from a table")
    with page.expect_download() as example:
        page.click("text=Example")
    assert f"alice@{at}" in Path(example.value.path()).read_text("utf-8-sig")
    page.set_input_files("#id_table", path)
    assert desk.faults() == []
    page.click("text=Check the table")

    page.wait_for_selector("text=2 of 123 rows are wrong")
    assert page.locator("tbody tr").count() == 2
    assert "123" in page.locator("tbody tr").first.inner_text()
    assert desk.faults() == []
    with page.expect_download() as faulty:
        page.click("text=Faulty rows")
    assert "elsewhere.test is not a domain" in Path(faulty.value.path()).read_text("utf-8-sig")

    page.click("text=1. Columns")
    page.wait_for_selector("text=UTF-16")
    assert desk.faults() == []
    page.click("text=Check the rows")
    page.click("text=Go on to the dry run")
    page.wait_for_selector("text=120 will be made")
    assert desk.faults() == []
    page.select_option("select[name=show]", "same")
    page.wait_for_selector("tbody tr:only-child")
    assert f"there@{at}" in page.locator("tbody").inner_text()
    page.click("text=Import 120 rows")
    page.wait_for_selector("dialog[open]")
    said = page.locator("dialog").inner_text()
    assert "120 rows will be made. 1 is there already. 2 are refused and left out." in " ".join(said.split())
    assert desk.faults() == []
    assert aside(Mailbox.objects.filter(domain=desk.domain).count) == 1
    page.click("dialog .btn-primary")

    page.wait_for_selector("text=0 of 123 rows are done")
    assert desk.faults() == []
    steps = iter(range(10))
    aside(lambda: runs.go_on_with_all(lambda: next(steps, None) is not None))
    page.wait_for_selector("text=/^[1-9] of 123 rows are done/")
    # The page notices by itself.
    aside(lambda: runs.go_on_with_all(lambda: True))
    page.wait_for_selector("text=120 made")
    assert desk.faults() == []
    with page.expect_download() as passwords:
        page.click("text=Download the passwords")
    lines = Path(passwords.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[1].startswith(f"2;person0@{at};made;")
    assert len(lines[1].rpartition(";")[2]) > 20
    assert aside(Mailbox.objects.filter(domain=desk.domain).count) == 121
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
