"""Pictures of every screen: `python tools/shots.py` writes var/shots/SCREEN-WIDTH-THEME.png.

It starts a system of its own (a temporary directory, free ports), fills it with varied data, and walks through all
screens at 360, 768 and 1366 px, light and dark. axe-core looks at each; a violation, an error in the browser's console,
something its policy forbids, a request to another host and a page wider than its window are told, and end it with 1.
A new page is picked up by its address; one that nothing leads to is told, too (tests/screens/world.py names things).

`--only console-queue webmail` looks at some, `--width 1366` at one width, `--language de` in German, `--readme` retakes docs/pictures.
"""

import argparse
import functools
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from apps.domains.models import Domain
    from tests.screens.looking import Walk

SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
README = {"webmail.png": "webmail-reading-1366-light.png", "console.png": "console-users-1366-light.png"}


def main() -> int:
    """Walk; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "shots", help="where pictures go")
    parser.add_argument(
        "--width", type=int, action="append", choices=(360, 768, 1366), help="one width; may be given again"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="PREFIX", help="screens whose names begin so"
    )
    parser.add_argument("--language", default="en", help="what the pages speak, like de")
    parser.add_argument("--readme", action="store_true", help="retake the pictures of the README")
    parser.add_argument("--verbose", action="store_true", help="say what each screen took")
    options = parser.parse_args()
    if options.readme:
        options.width, options.only = [1366], ["webmail-reading", "console-users"]
    if shutil.which("chromium") is None:
        print("Chromium is not installed (tools/bootstrap browser)", file=sys.stderr)
        return 75
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mp-shots-", ignore_cleanup_errors=True) as directory:
        state = Path(directory)
        state.chmod(0o711)  # Where PostgreSQL runs under a uid of its own, that has to enter.
        walks = _with_a_system(state, options)
    if options.readme:
        for name, picture in README.items():
            shutil.copy(options.out / picture, ROOT / "docs" / "pictures" / name)
    return _tell(walks, options.out)


def _with_a_system(state: Path, options: argparse.Namespace) -> "list[Walk]":
    from tests.servers import link_binaries
    from tests.supervisor.system import System, environment

    link_binaries(state)
    system = System(state, environment(state))
    try:
        run = system.wait(180)
        for name in [name for name in os.environ if name.startswith(("MAIL_", "DATABASE_URL", "REDIS_URL"))]:
            del os.environ[name]
        os.environ |= system.env | {"DJANGO_SETTINGS_MODULE": "mailplatform.settings.production"}
        return _walk(run["web"].rstrip("/"), options)
    finally:
        system.stop()


def _walk(web: str, options: argparse.Namespace) -> "list[Walk]":
    import django

    django.setup()
    from django.db import connections
    from playwright.sync_api import sync_playwright

    from apps.domains.models import Domain
    from tests.screens.looking import HEIGHTS, Walk
    from tests.screens.world import a_world

    world = a_world(Domain.objects.select_related("organisation").get(name="example.test"))
    connections.close_all()
    walks = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        for width in options.width or HEIGHTS:
            began = time.monotonic()
            thread = threading.Thread(target=_say_usage, args=(world.domain,))
            thread.start()
            thread.join()
            walk = Walk(
                browser, web, world, width, pictures=options.out, only=options.only, language=options.language
            )
            if options.verbose:
                walk.tell = functools.partial(print, flush=True)
            walk.go()
            walks.append(walk)
            print(
                f"{width:5} px: {len(walk.seen)} screens, light and dark, in {time.monotonic() - began:.0f} s",
                flush=True,
            )
        browser.close()
    return walks


def _say_usage(domain: "Domain") -> None:
    """Do it in a thread of its own: the browser's forbids the database."""
    from django.db import connections

    from tests.screens.directory import say_usage

    say_usage(domain)
    connections.close_all()


def _tell(walks: "list[Walk]", out: Path) -> int:
    from tests.screens.looking import report

    faults = list(report(walks))
    shown = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
    print(
        f"{sum(2 * len(walk.seen) for walk in walks)} pictures in {shown}/; axe, console, policy, width and hosts: ",
        end="",
    )
    print("nothing to complain about" if not faults else f"{len(faults)} complaints:")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
