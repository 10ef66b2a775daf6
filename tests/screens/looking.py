"""Somebody who walks through all screens, looks at each, and writes down what is wrong with it."""

import contextlib
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route
from playwright.sync_api import Error as BrowserError

from .addresses import Address, addresses
from .states import LIST, Screen, states
from .world import World

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
HEIGHTS = {360: 740, 768: 1024, 1366: 768}
THEMES = ("light", "dark")
# What a message says is its sender's: its frame is looked at by tests of its own.
AXE_RUN = """
rules => axe.run({iframes: false, ...(rules ? {runOnly: rules} : {})}).then(found => found.violations.map(
  v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.html.slice(0, 120)).join(" | ")))
"""
SAY_REPORTS = """
document.addEventListener("securitypolicyviolation", e => console.error("CSP: " + e.violatedDirective + " " + e.blockedURI))
"""
SETTLED = """
() => Promise.race([Promise.all(document.getAnimations().map(a => a.finished.catch(() => 0))).then(() => new Promise(requestAnimationFrame)),
  new Promise(done => setTimeout(done, 500))])
"""
ADDRESSES = """
() => [...document.querySelectorAll("[href], [hx-get]")].map(e => e.getAttribute("hx-get") ?? e.getAttribute("href"))
"""


@functools.cache
def axe() -> str:
    return AXE.read_text()


@dataclass
class Walk:
    """One way through all screens, at one width. `thorough` applies every rule of axe in the dark, too.

    `only` and `but` are beginnings of names: of the screens that are looked at, and of those that are passed by.
    """

    browser: Browser
    web: str
    world: World
    width: int
    pictures: Path | None = None
    thorough: bool = True
    only: Sequence[str] = ()
    but: Sequence[str] = ()
    language: str = "en"
    tell: Callable[[str], None] = lambda _: None
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    no_pages: list[str] = field(default_factory=list)
    not_covered: list[str] = field(default_factory=list)
    _pages: dict[str, Page] = field(default_factory=dict)
    _heard: list[str] = field(default_factory=list)

    def go(self) -> None:
        """Walk: every address, what searches and forms say that get nothing, and then the states."""
        ahead = [address for address in addresses() if self._wanted(address.name)]
        while ahead:
            left = []
            for address in ahead:
                found = self._find(address)
                if found is None:
                    left.append(address)
                elif found:
                    self._visit(address, found)
            if len(left) == len(ahead):
                break
            ahead = left
        self.not_covered = [f"{address.name} ({address.route})" for address in ahead]
        for screen in states(self.world):
            if self._wanted(screen.name):
                self.look(screen)
        for page in self._pages.values():
            page.context.close()

    def _wanted(self, name: str) -> bool:
        name = name.replace(":", "-")
        return (not self.only or name.startswith(tuple(self.only))) and not name.startswith(tuple(self.but))

    def _find(self, address: Address) -> Screen | bool | None:
        """Return the screen of a pattern, False if it is none, None if nothing led to it."""
        other = ""
        for who, path in itertools.product(address.whos, address.paths(self.world)):
            answer = self._page(who).context.request.get(f"{self.web}{path}", max_redirects=0)
            kind, body = answer.headers.get("content-type", ""), answer.body()[:200]
            if answer.status >= 500:
                self.faults.append(f"{address.name}: {path} is answered {answer.status}")
            if answer.status == 200 and kind.startswith("text/html") and b"<!doctype html" in body.lower():
                return Screen(address.name.replace(":", "-"), path, who)
            if answer.status not in {403, 404}:
                other = f"{address.name}: {answer.status} {kind.partition(';')[0]}"
                if answer.status != 302:
                    break
        if other:
            self.no_pages.append(other)
            return False
        return None

    def _visit(self, address: Address, found: Screen | bool) -> None:
        assert isinstance(found, Screen)
        page = self.look(found)
        if page.locator("main input[name=q]").count() and address.name.startswith("console:"):
            self.look(Screen(f"{found.name}-none", f"{found.path}?q=rhinoceros", found.who))
        if address.name.endswith("-add"):
            self.look(Screen(f"{found.name}-errors", found.path, found.who, _send_empty, 422))

    def look(self, screen: Screen) -> Page:
        """Look at one screen in each theme."""
        page, began = self._page(screen.who), time.monotonic()
        self._heard.clear()
        page.emulate_media(color_scheme="light")
        try:
            self._open(page, screen)
            for theme in THEMES:
                self._judge(page, screen, theme)
        except BrowserError as error:
            self._fault(screen, "", str(error).split("\n")[0])
        for said in self._heard:
            if not (screen.status >= 400 and f"status of {screen.status}" in said):
                self._fault(screen, "", said)
        self.seen.append(screen.name)
        self._note_links(page)
        self.tell(f"{time.monotonic() - began:6.1f} s  {screen.name}")
        return page

    def _open(self, page: Page, screen: Screen) -> None:
        url = f"{self.web}{screen.path}"
        if screen.answer is not None:
            said = screen.answer
            page.route(url, lambda route: _say(route, said.status_code, said.content), times=1)
        answer = page.goto(url, wait_until="load")
        if screen.first is None and answer is not None and answer.status != screen.status:
            self._fault(screen, "", f"{screen.path} is answered {answer.status}")
        if answer is not None and "sandbox" in answer.headers.get("content-security-policy", ""):
            # Where no script runs, axe does not either; the same document is shown without its policy.
            text = page.context.request.get(url).text()
            page.goto("about:blank")
            page.set_content(text)
        if page.locator("mail-list").count():
            page.wait_for_selector(LIST, state="attached")
        if page.locator("[data-compose-shell]").count():
            page.wait_for_selector(".composer-fields")
        if screen.first is not None:
            screen.first(page)

    def _judge(self, page: Page, screen: Screen, theme: str) -> None:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if self.pictures is not None:
            self._picture(page, self.pictures / f"{screen.name}-{self.width}-{theme}.png")
        page.evaluate(SETTLED)
        wide, fits = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if wide > fits:
            self._fault(screen, theme, f"{wide} px wide in {fits}")
        if page.evaluate("typeof axe === 'undefined'"):
            page.evaluate(axe())
        rules = None if self.thorough or theme == "light" else ["color-contrast"]
        for violation in page.evaluate(AXE_RUN, rules):
            self._fault(screen, theme, f"axe: {violation}")

    def _picture(self, page: Page, path: Path) -> None:
        """Take a picture of the whole page: as in a window that high, so that what sticks is where it belongs."""
        high = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": self.width, "height": min(max(high, HEIGHTS[self.width]), 4000)})
        try:
            page.wait_for_timeout(150)
            page.screenshot(path=path, animations="disabled", caret="hide", timeout=60_000)
        finally:
            page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})

    def _fault(self, screen: Screen, theme: str, text: str) -> None:
        self.faults.append(
            " ".join(filter(None, (f"{screen.name} at {self.width} px", theme and f"({theme})")))
            + f": {text}"
        )

    def _note_links(self, page: Page) -> None:
        """Remember where a page leads to: that is how addresses are found that the world does not name."""
        for found in page.evaluate(ADDRESSES):
            path = urlsplit(found).path
            with contextlib.suppress(Resolver404):
                if path.startswith("/"):
                    self.world.linked.setdefault(resolve(path).view_name, path)

    def _page(self, who: str) -> Page:
        if who not in self._pages:
            context = self._context(who)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", self._hear)
            page.on("pageerror", lambda error: self._heard.append(str(error)))
            page.on("request", self._watch)
            self._pages[who] = page
        return self._pages[who]

    def _context(self, who: str) -> BrowserContext:
        context = self.browser.new_context(
            viewport={"width": self.width, "height": HEIGHTS[self.width]},
            reduced_motion="reduce",
            has_touch=self.width < 1024,
            timezone_id="Europe/Berlin",
            locale=self.language,
        )
        context.add_init_script(SAY_REPORTS)
        if who in self.world.cookies:
            value = self.world.cookies[who]
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.web}])
        return context

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._heard.append(said.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self.web}/", "data:", "blob:", "about:")):
            self._heard.append(f"asks another host: {request.url}")


def _send_empty(page: Page) -> None:
    page.evaluate("document.querySelector('main form[method=post]').noValidate = true")
    with page.expect_navigation():
        page.locator("main form[method=post] button.btn-primary").first.click()


def _say(route: Route, status: int, content: bytes) -> None:
    route.fulfill(status=status, content_type="text/html; charset=utf-8", body=content)


def report(walks: Sequence[Walk]) -> Iterator[str]:
    """Say what is wrong, each once, and what was not covered."""
    yield from dict.fromkeys(fault for walk in walks for fault in walk.faults)
    for name in dict.fromkeys(name for walk in walks for name in walk.not_covered):
        yield f"not covered: nothing in tests/screens/world.py and no link leads to {name}"
