"""What a page of webmail costs the reader: `python -m bench.webmail_browser [MESSAGES]`, in a real Chromium.

Server time and statements of the list, then a key to the next painted frame, a jump, an action, new mail, and how much the
page holds, each beside what it may cost at most; more than that ends it with 1. With a slow machine's worth of other
work the figures of the browser grow first. `python -m bench.budget` says the same as a table of shares.
"""

import contextlib
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from bench.stage import ROOT, stage

CHROMIUM = "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip
KEYS, JUMPS, LOADS, ACTIONS, ARRIVALS = 200, 20, 40, 20, 10

# Resolves with the milliseconds from a key to the frame after the next one is begun, which shows what it did.
TO_FRAME = """
key => new Promise(done => {
  const began = performance.now();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => done(performance.now() - began); c.port2.postMessage(0); });
})
"""
TO_ROW = """
at => new Promise(done => {
  const began = performance.now(), list = document.querySelector(".list-scroll");
  list.scrollTop = at * list.firstElementChild.offsetHeight / Number(list.ariaRowCount ?? list.getAttribute("aria-rowcount"));
  const look = () => document.querySelector(`[aria-rowindex="${at + 3}"]:not(.is-blank)`)
    ? done(performance.now() - began) : requestAnimationFrame(look);
  look();
})
"""
TO_GONE = """
() => new Promise(done => {
  const began = performance.now(), row = document.querySelector(".row.is-active"), name = row.getAttribute("aria-label");
  let shown = 0;
  document.addEventListener("mail:acted", () => done([shown, performance.now() - began]), {once: true});
  row.dispatchEvent(new KeyboardEvent("keydown", {key: "e", bubbles: true, cancelable: true}));
  const look = () => document.querySelector(`[aria-label="${CSS.escape(name)}"]`) ? requestAnimationFrame(look) : (shown = performance.now() - began);
  requestAnimationFrame(look);
})
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured: the usual, the slow ones (p95), and what is allowed."""

    name: str
    median: float
    slow: float
    most: float
    unit: str = "ms"

    @property
    def share(self) -> float:
        """How much of what is allowed it takes; more than 1 is too much."""
        return self.slow / self.most


def say(name: str, took: list[float], most: float, unit: str = "ms") -> Figure:
    """Say what was measured."""
    ordered = sorted(took)
    slow = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    found = Figure(name, statistics.median(took), slow, most, unit)
    fits = "" if found.share <= 1 else "   TOO MUCH"
    print(
        f"{name:44} median {found.median:8.1f}  p95 {slow:8.1f}  at most {most:6.0f} {unit}{fits}",
        flush=True,
    )
    return found


@contextlib.contextmanager
def web() -> Iterator[str]:
    """Run the web process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = os.environ | {"MAIL_WEB_PORT": str(port), "MAIL_PROCESS": "web"}
    process = subprocess.Popen([sys.executable, "-m", "workers.web"], cwd=ROOT, env=environ)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/livez")
                break
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def main() -> int:
    """Measure; 1 if anything is too much."""
    rounds = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    return int(any(figure.share > 1 for figure in next(rounds)))


def measure(count: int) -> Generator[list[Figure]]:
    """Fill a folder, sign somebody in, and look over their shoulder, as often as one asks for more."""
    with stage():
        from apps.accounts.models import User
        from apps.domains.models import Domain
        from apps.events.transactions import perform, query
        from apps.mailboxes.models import Mailbox, Usage
        from apps.organisations.models import Organisation
        from apps.store.services import folders
        from bench import filler
        from tests.browsers import a_browser_of

        organisation = Organisation.objects.create(name="Bench")
        domain = Domain.objects.create(name="bench.test", organisation=organisation)
        user = User.objects.create(address="bob@bench.test", domain=domain, organisation=organisation)
        mailbox = Mailbox.objects.create(domain=domain, local_part="bob", owner=user)
        Usage.objects.get_or_create(mailbox=mailbox)
        folder = perform(filler.fill(mailbox.pk, organisation.pk, count))
        perform(folders.ensure_defaults(mailbox.pk))
        perform(query("UPDATE store_content SET thread_id = id %% %s WHERE mailbox_id = %s RETURNING 1",
                      [count // 3 + 1, mailbox.pk]))  # fmt: skip
        perform(query("UPDATE store_folder SET n_bytes = (SELECT sum(size) FROM store_message WHERE folder_id = store_folder.id)"
                      " WHERE id = %s RETURNING 1", [folder]))  # fmt: skip
        perform(filler.settle())
        name, cookie = next(iter(a_browser_of(user).cookies.items()))

        def deliver(n: int) -> None:
            from django.utils import timezone

            from apps.store.flags import NONE
            from apps.store.services.appending import append_one
            from apps.store.values import FolderRef

            raw = f"From: Ana <ana@far.example>\r\nSubject: Arrival {n}\r\nMessage-ID: <a{n}@far.example>\r\n\r\nHello.\r\n"
            append_one(
                organisation.pk,
                FolderRef(mailbox.pk, folder),
                raw.encode(),
                flags=NONE,
                received_at=timezone.now(),
            )

        inbox = f"/mail/{mailbox.pk}/f/{folder}/"
        asked = statements(inbox, (name, cookie.value))
        with web() as address:
            for first in itertools.count(0, ARRIVALS):
                asks = say("server: statements for the inbox", [asked], 6, "")
                yield [asks, *look(address, f"{address}{inbox}", (name, cookie.value), deliver, count, first)]


def statements(inbox: str, cookie: tuple[str, str]) -> int:
    """Count what the database is asked for the page, by Django and by plans alike, once the process knows the folder."""
    from django.test import Client

    from tests.webmail.counting import statements as noted

    client = Client(SERVER_NAME="localhost")
    client.cookies[cookie[0]] = cookie[1]
    client.get(inbox)
    with noted() as asked:
        answer = client.get(inbox)
    assert answer.status_code == 200, answer
    return len(asked)


def look(
    address: str,
    inbox: str,
    cookie: tuple[str, str],
    deliver: Callable[[int], None],
    count: int,
    first: int = 0,
) -> list[Figure]:
    """Measure, with the browser in this thread and the database in others; `first` numbers what arrives."""
    found: list[Figure] = []

    def note(name: str, took: list[float], most: float, unit: str = "ms") -> None:
        found.append(say(name, took, most, unit))

    import threading

    from django.db import connections
    from playwright.sync_api import sync_playwright

    def asked(url: str) -> float:
        began = time.perf_counter()
        request = urllib.request.Request(url, headers={"Cookie": f"{cookie[0]}={cookie[1]}"})
        with urllib.request.urlopen(request) as answer:
            answer.read()
        return 1000 * (time.perf_counter() - began)

    print(f"first page of {count} messages, the process cold: {asked(inbox):.0f} ms", flush=True)
    note("server: the inbox as a page", [asked(inbox) for _ in range(LOADS)], 150)
    note("server: unread, as a page", [asked(inbox + "?show=unread") for _ in range(LOADS)], 150)
    note("server: a page of 100 rows anywhere",
        [asked(f"{inbox}rows?start={n * 7919 % count // 100 * 100}&count=100&group=1") for n in range(LOADS)], 150)  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
        page = context.new_page()
        painted = []
        for _ in range(11):
            page.goto(inbox)
            page.wait_for_selector("[role=grid]")
            painted.append(
                page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
        note("first contentful paint", painted[1:], 500)  # The first is the browser's own start.
        page.locator('[role=row][tabindex="0"]').focus()
        page.wait_for_timeout(500)
        note("key to frame", [page.evaluate(TO_FRAME, "j") for _ in range(KEYS)], 32)
        total = int(page.locator("[role=grid]").get_attribute("aria-rowcount") or 0)
        spots = [(n + 1) * 7919 * 13 % (total - 100) for n in range(JUMPS)]
        note("jump to a row anywhere", [page.evaluate(TO_ROW, at) for at in spots], 200)
        page.goto(inbox)
        page.wait_for_selector("[role=grid]")
        page.locator('[role=row][tabindex="0"]').focus()
        page.wait_for_timeout(500)
        pairs = []
        for _ in range(ACTIONS):
            pairs.append(page.evaluate(TO_GONE))
            page.wait_for_timeout(300)
        note("archive: seen", [pair[0] for pair in pairs], 32)
        note("archive: confirmed", [pair[1] for pair in pairs], 1000)
        took = []
        page.evaluate("document.querySelector('.list-scroll').scrollTop = 0")

        def arrive(n: int) -> None:
            deliver(n)
            connections.close_all()

        for n in range(first, first + ARRIVALS):
            thread = threading.Thread(target=arrive, args=(n,))
            began = time.perf_counter()
            thread.start()
            page.wait_for_selector(f"text=Arrival {n}", timeout=10_000)
            took.append(1000 * (time.perf_counter() - began))
            thread.join()
        note("new mail on the screen", took, 2000)
        nodes = float(page.evaluate("document.querySelectorAll('mail-list *').length"))
        note("nodes of the list", [nodes], 1500, "")
        session: Any = context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        note("heap of the page", [heap], 60, "MB")
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.locator('[role=row][tabindex="0"]').focus()
        note(
            "key to frame, a CPU four times slower", [page.evaluate(TO_FRAME, "j") for _ in range(KEYS)], 100
        )
        browser.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
