"""Every screen, light and dark, in a real browser: accessible, within its width, at peace with its policy."""

import pytest
from playwright.sync_api import sync_playwright

from apps.pages import assets
from tests.browser import find_chromium, lacking
from tests.webmail.browser.conftest import SWITCHES
from tests.webmail.live import serving_web

from .looking import AXE, Walk, report
from .world import World, a_world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def world(real_database: None, request: pytest.FixtureRequest) -> World:
    # Each walk has a world of its own, and both may come to one database.
    return a_world(mark=f"-{request.node.callspec.id}")


# Two walks, so that they can be taken at the same time; together they pass every screen.
@pytest.mark.parametrize(("only", "but"), [(["console"], []), ([], ["console"])], ids=["console", "others"])
def test_every_screen(world: World, only: list[str], but: list[str]) -> None:
    chromium = find_chromium()
    if not AXE.exists() or not assets.has("webmail.js"):
        lacking("no built assets, or no axe-core: screens are not looked at")
    with serving_web() as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        walk = Walk(browser, web, world, 1366, thorough=False, only=only, but=but, tell=print)
        walk.go()
        browser.close()
    assert len(walk.seen) > 30
    faults = list(report([walk]))
    assert not faults, "\n".join(faults)
