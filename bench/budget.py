"""The budget of the webmail as a table: `python -m bench.budget [MESSAGES]`; ends with 1 where something is too much.

What a browser loads first, packed with brotli; server time and statements of an inbox; a key to the next painted frame; a
jump in the list; and a letter from the 250 of SMTP to its row on the screen, in a whole running system. Times are
measured up to three times where they are too much, and the least counts: other work on the machine only adds.
"""

import itertools
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from email.message import EmailMessage
from pathlib import Path

from bench import webmail_browser
from bench.stage import ROOT
from bench.webmail_browser import Figure, say

ROUNDS = 3
LETTERS = 10


def main() -> int:
    """Measure, and tell each figure as a share of what is allowed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found = sizes()
    for rounds in (webmail_browser.measure(count), arrivals()):
        best: dict[str, Figure] = {}
        for _, figures in zip(range(ROUNDS), rounds, strict=False):
            for figure in figures:
                best[figure.name] = min(best.get(figure.name, figure), figure, key=lambda one: one.slow)
            if all(figure.share <= 1 for figure in best.values()):
                break
        rounds.close()
        found += best.values()
    load = os.getloadavg()[0]
    print(f"\n{'':44} {'p95':>10} {'at most':>10}     share   (load {load:.1f}, {os.cpu_count()} processors)")
    for figure in found:
        fits = "" if figure.share <= 1 else "   TOO MUCH"
        unit = f" {figure.unit}" if figure.unit else ""
        print(f"{figure.name:44} {figure.slow:10.1f} {figure.most:10.0f}{unit:4} {figure.share:6.2f}{fits}")
    return int(any(figure.share > 1 for figure in found))


def sizes() -> list[Figure]:
    """Build the assets if they are out of date, and weigh them."""
    subprocess.run([sys.executable, "tools/build_assets.py", "--quiet"], cwd=ROOT, check=True)
    from tools.build_assets import weights

    return [say(f"first load of {name}", [size / 1000], most / 1000, "KB") for name, size, most in weights()]


def arrivals() -> Generator[list[Figure]]:
    """Run the whole system, let alice look at her inbox, and send letters as a stranger's server would."""
    from playwright.sync_api import expect, sync_playwright

    from tests.supervisor.system import System, environment
    from workers.supervisor.binaries import link_binaries

    with tempfile.TemporaryDirectory(prefix="mp-bench-", ignore_cleanup_errors=True) as directory:
        state = Path(directory)
        state.chmod(0o711)  # Where PostgreSQL runs under a uid of its own, that has to enter.
        link_binaries(state, namespaces=os.environ.get("MAIL_NO_USERNS") != "1")
        system = System(state, environment(state))
        try:
            run = system.wait(180)
            user = next(one for one in run["users"] if one["address"].startswith("alice@"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=webmail_browser.CHROMIUM, args=webmail_browser.SWITCHES
                )
                page = browser.new_page(viewport={"width": 1366, "height": 768})
                page.goto(f"{run['web']}mail/")
                page.fill("#address", user["address"])
                page.fill("#password", user["password"])
                page.keyboard.press("Enter")
                page.wait_for_selector("mail-list [role=grid]")
                page.wait_for_timeout(1000)
                for first in itertools.count(0, LETTERS):
                    took = []
                    for n in range(first, first + LETTERS):
                        send(run["smtp"]["port"], user["address"], n)
                        began = time.perf_counter()
                        expect(page.locator(".row-subject", has_text=f"Arrival {n}.")).to_be_visible(
                            timeout=10_000
                        )
                        took.append(1000 * (time.perf_counter() - began))
                    yield [say("from SMTP's 250 to the row on the screen", took, 2000)]
        finally:
            system.stop()


def send(port: int, to: str, n: int) -> None:
    """Send one letter."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ana@roth.example", to, f"Arrival {n}."
    message["Message-ID"] = f"<budget-{n}@roth.example>"
    message["Date"] = "Mon, 2 Mar 2026 12:00:00 +0000"
    message.set_content("Hello.")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(message)


if __name__ == "__main__":
    sys.exit(main())
