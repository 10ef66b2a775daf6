"""Lists of the console answer while somebody types: with what was typed last, and the focus stays where it is."""

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, Route

from tests.console.desk import Desk, a_desk

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as opened:
        yield opened


@pytest.mark.parametrize("path", ["trace/?time=ever", "users/", "queue/"])
def test_a_late_answer_is_not_shown(desk: Desk, path: str) -> None:
    """The first answer is held until the second has come."""
    page = desk.page
    page.goto(f"{desk.web}/console/{path}")
    late: list[Route] = []
    page.route(re.compile(r"q=nobody(&|$)"), lambda route: late.append(route))
    box = page.locator("main input[name=q]")
    box.press_sequentially("nobody")
    for _ in range(100):  # The page may still be starting; what is asked is held, so one is all that comes.
        if late:
            break
        page.wait_for_timeout(100)
    assert len(late) == 1
    box.press_sequentially("there")
    page.wait_for_url("**q=nobodythere**")
    page.wait_for_selector('#listing:has-text("No m")')
    with contextlib.suppress(Error):  # Nobody waits for it any more.
        late[0].continue_()
    page.wait_for_timeout(300)
    assert "q=nobodythere" in page.url
    assert page.evaluate("document.activeElement.name") == "q"
    assert box.input_value() == "nobodythere"
