"""The whole way of new mail: from another server, by SMTP, onto the page of who is signed in."""

import smtplib
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import lacking
from tests.servers import link_binaries
from tests.supervisor.system import System, environment

from .conftest import CHROMIUM, SWITCHES

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
SECONDS = 2.0


@pytest.fixture
def running() -> Iterator[dict[str, Any]]:
    """Run the whole system with its demo users, in a directory that PostgreSQL's own user can enter."""
    if not CHROMIUM.exists():
        lacking("no Chromium")
    with tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as directory:
        state = Path(directory)
        state.chmod(0o711)
        link_binaries(state)
        system = System(state, environment(state))
        try:
            yield system.wait(120)
        finally:
            system.stop()


def send(port: int, to: str, n: int) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ana@roth.example", to, f"Arrival {n}"
    message["Message-ID"], message["Date"] = f"<{n}@roth.example>", "Mon, 2 Mar 2026 12:00:00 +0000"
    message.set_content("Hello.")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(message)


def test_new_mail_is_on_the_screen_in_two_seconds(running: dict[str, Any]) -> None:
    user = next(one for one in running["users"] if one["address"].startswith("alice@"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{running['web']}mail/")
        page.fill("#address", user["address"])
        page.fill("#password", user["password"])
        page.keyboard.press("Enter")
        page.wait_for_selector("mail-list [role=grid], mail-list .empty")
        page.wait_for_timeout(1000)
        took = []
        for n in range(5):
            send(running["smtp"]["port"], user["address"], n)
            began = time.monotonic()
            expect(page.locator(".row-subject", has_text=f"Arrival {n}")).to_be_visible(timeout=10_000)
            took.append(time.monotonic() - began)
        browser.close()
    assert max(took) < SECONDS, took
