"""Hostile mail in a real browser: no script runs, no byte is fetched from elsewhere."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Dialog, Error, Page, Request, sync_playwright

from apps.webmail.views.body import FRAME_POLICY
from tests.browser import find_chromium
from tests.factories import a_mailbox
from tests.protocols.html.attacks import collected, own

from .live import Canary, Documents, canary, serving_web
from .mail import Filed, file, signed_in

SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
AT_ONCE = 20
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Reader:
    """A browser of someone who is signed in, and a page of ours to hold frames."""

    page: Page
    web: str
    documents: Documents
    requested: list[str] = field(default_factory=list)

    def open(self, *paths: str) -> None:
        """Show messages in frames as the webmail does."""
        self.requested.clear()
        frames = "".join(
            f'<iframe sandbox="{SANDBOX}" referrerpolicy="no-referrer" src="{path}"></iframe>'
            for path in paths
        )
        self.serve("holder", frames)
        self.page.goto(f"{self.web}/holder", wait_until="load")
        # What hides behind a moment's wait, too.
        self.page.wait_for_timeout(150)

    def serve(self, path: str, html: str, headers: dict[str, str] | None = None) -> None:
        """Answer a path of ours with a document of the test's own."""
        self.documents[f"/{path}"] = (html, headers or {})

    def scripts_ran(self) -> list[object]:
        """Return what attacks left in any window."""
        found = self.page.evaluate(
            "() => [window, ...[...document.querySelectorAll('iframe')].map(f => f.contentWindow)].map("
            "w => { try { return w.pwned ?? w.document.documentElement.dataset.pwned ?? null } catch (e) { return null } })"
        )
        return [each for each in found if each is not None]

    def texts(self) -> list[str]:
        """Return what a reader sees in each frame."""
        script = "() => [...document.querySelectorAll('iframe')].map(f => f.contentDocument.body.innerText)"
        return list(self.page.evaluate(script))

    def elsewhere(self) -> list[str]:
        """Return what the browser asked of anyone but us."""
        ours = (self.web + "/", "data:", "about:")
        return [url for url in self.requested if not url.startswith(ours)]


def _source(html: str) -> bytes:
    head = b"Subject: attack\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    return head + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + html.encode("utf-8", "replace")


@pytest.fixture
def watched() -> Iterator[Canary]:
    with canary() as server:
        yield server


@contextlib.contextmanager
def reading(filed: Filed) -> Iterator[Reader]:
    """Sign in and open a browser; only then, for its loop forbids the database in this thread."""
    chromium = find_chromium()
    cookie = signed_in(filed.mailbox.owner).cookies["mail_session"].value
    documents: Documents = {}
    with serving_web(documents) as web, sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--headless", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        context = browser.new_context()
        context.add_cookies([{"name": "mail_session", "value": cookie, "url": web}])
        page = context.new_page()
        reader = Reader(page, web, documents)

        def note(request: Request) -> None:
            reader.requested.append(request.url)

        context.on("request", note)

        def refuse(dialog: Dialog) -> None:
            reader.requested.append(f"dialog:{dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        yield reader
        browser.close()


def _filed(sources: list[str]) -> list[Filed]:
    mailbox = a_mailbox()
    return [file(_source(source), mailbox) for source in sources]


def _play(reader: Reader, filed: list[Filed], query: str, seen: Callable[[], list[str]]) -> None:
    for first in range(0, len(filed), AT_ONCE):
        batch = filed[first : first + AT_ONCE]
        reader.open(*(one.url(f"body{query}") for one in batch))
        assert reader.scripts_ran() == []
        assert reader.elsewhere() == []
        assert seen() == []
        assert len(reader.texts()) == len(batch)


@pytest.mark.parametrize("query", ["", "?images=1", "?theme=dark&sheet=dark"])
def test_our_corpus(real_database: None, watched: Canary, query: str) -> None:
    filed = _filed([watched.armed(path.read_text()) for path in own()])
    with reading(filed[0]) as reader:
        _play(reader, filed, query, lambda: watched.seen)


def test_the_collected_attacks(real_database: None, watched: Canary) -> None:
    filed = _filed(collected())
    with reading(filed[0]) as reader:
        _play(reader, filed, "", lambda: watched.seen)


def test_the_frame_alone_holds(real_database: None, watched: Canary) -> None:
    """Were the cleaner blind, the frame's policy would still let nothing run and nothing out."""
    filed = _filed(["x"])
    with reading(filed[0]) as reader:
        policy = {"Content-Security-Policy": FRAME_POLICY}
        for path in own():
            reader.requested.clear()
            raw = watched.armed(path.read_text())
            frame = f'<iframe sandbox="{SANDBOX}" src="/hostile"></iframe>'
            reader.serve("holder", frame)
            reader.serve("hostile", raw, policy)
            reader.page.goto(f"{reader.web}/holder", wait_until="load")
            reader.page.wait_for_timeout(150)
            assert reader.page.frames[1].url == f"{reader.web}/hostile", path.name
            assert reader.scripts_ran() == [], path.name
            assert watched.seen == [], path.name


def test_the_corpus_is_hostile(real_database: None, watched: Canary) -> None:
    """Without cleaner and frame, scripts run and pictures are fetched: the tests above can fail."""
    filed = _filed(["x"])
    with reading(filed[0]) as reader:
        ran: list[object] = []
        for name in ("scripts", "fetches", "svg_animate", "mutation"):
            raw = watched.armed(next(path for path in own() if path.stem == name).read_text())
            # What sends the page away would hide the rest.
            reader.serve("hostile", raw.replace('http-equiv="refresh"', ""))
            reader.page.goto(f"{reader.web}/hostile", wait_until="commit")
            reader.page.wait_for_timeout(300)
            with contextlib.suppress(Error):  # Some send it away all the same.
                ran += reader.scripts_ran()
        assert ran
        assert len(watched.seen) > 5


def test_a_reader_sees_the_mail(real_database: None, watched: Canary) -> None:
    names = ("newsletter", "arabic", "gmail", "outlook")
    paths = {path.stem: path for path in own()}
    filed = _filed([watched.armed(paths[name].read_text()) for name in names])
    with reading(filed[0]) as reader:
        reader.open(*(one.url("body") for one in filed))
        newsletter, arabic, gmail, outlook = reader.texts()
        assert "News" in newsletter
        assert "preheader" not in newsletter
        assert "\u0645\u0631\u062d\u0628\u0627" in arabic
        assert "My answer" in gmail
        assert "What do you think?" not in gmail  # Folded, and there when it is opened.
        assert "Von:" not in outlook
        opened = reader.page.frames[3].locator("summary")
        opened.click()
        assert "What do you think?" in reader.texts()[2]
        script = "() => getComputedStyle(document.querySelectorAll('iframe')[0].contentDocument.querySelector('h1')).color"
        assert reader.page.evaluate(script) == "rgb(18, 52, 86)"
