"""What every test of the composer does: open it, write, and wait until it is saved."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, Page, expect

from apps.mailflow.writing import identities
from tests.webmail.shelf import Shelf, a_letter, a_shelf
from tests.webmail.test_drafts import HTML_LETTER

from .desk import Sitter, sitting


@pytest.fixture
def shelf(real_database: None) -> Shelf:
    found = a_shelf(a_letter(1), HTML_LETTER)
    identities.set_identity(
        user_id=found.alice.pk,
        address=str(found.mailbox),
        name="Alice Meier",
        signature_html="<b>Alice</b>, Firm",
    )
    return found


@pytest.fixture
def sitter(shelf: Shelf) -> Iterator[Sitter]:
    with sitting(shelf) as found:
        yield found
        assert found.problems == []
        assert found.elsewhere() == []


def compose(sitter: Sitter, page: Page | None = None, **wish: object) -> Page:
    """Open the composer beside the list."""
    page = page or sitter.inbox()
    detail = {"mailbox": sitter.shelf.mailbox.pk, "how": "new", **wish}
    page.wait_for_function("() => document.readyState === 'complete'")
    page.evaluate("d => document.dispatchEvent(new CustomEvent('mail:compose', {detail: d}))", detail)
    expect(page.locator(".composer-fields")).to_be_visible()
    return page


def attach(page: Page, name: str, kind: str, content: bytes, field: str = "files") -> None:
    page.set_input_files(f"[name={field}]", FilePayload(name=name, mimeType=kind, buffer=content))


def write(
    page: Page, to: str = "ana@far.example", subject: str = "The garden", text: str = "At noon?"
) -> None:
    page.locator("recipient-field[name=to] input").fill(to)
    page.keyboard.press("Enter")
    page.locator("#composer-subject").fill(subject)
    page.locator(".composer-text").click(position={"x": 30, "y": 20})
    page.keyboard.type(text)


def saved(page: Page) -> None:
    expect(page.locator(".composer-status")).to_have_text(re.compile("Saved"), timeout=15_000)


def content_of(sitter: Sitter, subject: str, folder: str = "INBOX") -> int:
    return next(int(row["content"]) for row in sitter.rows(folder) if row["subject"] == subject)
