"""What an idle system takes of memory: `python -m bench.memory [small] [normal]`.

Starts the whole system with its servers, fills it to 50 mailboxes, sends each a message, opens 40 IMAP clients
over TLS that wait in IDLE, waits, and prints the PSS of each process (its own memory, and its part of what it
shares). What other processes of this machine share with ours counts in part for them: stop other Pythons first.
"""

import argparse
import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.e2e.processes import descendants, name_of
from tests.servers import link_binaries
from tests.supervisor.system import System, environment

MAILBOXES = 50
CLIENTS = 40
SETTLE_SECONDS = 30
TARGET_MB = 650
DOMAIN = "bench.test"
PASSWORD = "a password for the bench"
PORTIONS = ("Pss", "Pss_Anon", "Pss_File", "Pss_Shmem")

type Row = tuple[int, ...]


def main() -> int:
    """Measure one profile after the other; 1 if the small one is over the target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("profiles", nargs="*", metavar="small|normal")
    options = parser.parse_args()
    if options.profiles == ["fill"]:
        fill()
        return 0
    code = 0
    for profile in options.profiles or ("small", "normal"):
        total = measure(profile)
        print(f"{profile}: {total:.0f} MB", flush=True)
        if profile == "small" and total > TARGET_MB:
            print(f"above the {TARGET_MB} MB it is to stay within")
            code = 1
    return code


def measure(profile: str) -> float:
    """Start a system, use it, let it rest; print its processes and return the sum in MB."""
    with tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as directory:
        state = Path(directory)
        state.chmod(0o711)
        link_binaries(state)
        env = environment(state, MAIL_PROFILE=profile)
        system = System(state, env)
        try:
            run = system.wait(180)
            addresses = subprocess.run(
                [sys.executable, "-m", "bench.memory", "fill"], env=env, check=True, stdout=subprocess.PIPE
            ).stdout.decode().split()  # fmt: skip
            with urllib.request.urlopen(run["api"], timeout=30) as answer:
                answer.read()
        except urllib.error.HTTPError:
            pass  # It wants a token; to have been asked is enough.
        except BaseException:
            system.stop()
            raise
        try:
            send(run, addresses)
            with ExitStack() as stack:
                for address in addresses[:CLIENTS]:
                    stack.callback(idle(run, address).close)
                time.sleep(SETTLE_SECONDS)
                return table(profile, system.process.pid)
        finally:
            print(f"stopped in {system.stop():.1f} s")


def fill() -> None:
    """Make users and mailboxes beside those of the demo; print their addresses. A process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    import django

    django.setup()
    from apps.mailboxes.models import Mailbox
    from tests.factories import a_domain, a_mailbox

    domain = a_domain(DOMAIN)
    for number in range(MAILBOXES - Mailbox.objects.count()):
        print(a_mailbox(f"user{number}", domain=domain, password=PASSWORD))


def send(run: dict[str, Any], addresses: list[str]) -> None:
    """Send each mailbox a message, as a stranger's server does."""
    with smtplib.SMTP(run["smtp"]["host"], run["smtp"]["port"], timeout=60) as client:
        for address in addresses:
            client.sendmail(
                "friend@outside.example", [address], f"To: {address}\r\nSubject: Hi\r\n\r\nHello\r\n"
            )


def idle(run: dict[str, Any], address: str) -> ssl.SSLSocket:
    """Sign in, select INBOX and wait in IDLE."""
    where = run["imaps"]
    raw = socket.create_connection((where["host"], where["port"]), 60)
    client = ssl.create_default_context(cafile=run["ca_certificate"]).wrap_socket(
        raw, server_hostname="localhost"
    )
    for command, end in (
        (f'a LOGIN {address} "{PASSWORD}"', b"a OK"),
        ("b SELECT INBOX", b"b OK"),
        ("c IDLE", b"+ "),
    ):
        client.sendall(f"{command}\r\n".encode())
        heard = b""
        while not re.search(rb"^" + re.escape(end) + rb".*\r\n", heard, re.MULTILINE):
            heard += (piece := client.recv(65536))
            assert piece, heard
    return client


def table(profile: str, supervisor: int) -> float:
    """Print the processes of a system, PostgreSQL's in one line; return the sum of their PSS in MB."""
    sums: dict[str, list[int]] = {}
    counts: Counter[str] = Counter()
    for pid in [supervisor, *descendants(supervisor)]:
        name = "supervisor" if pid == supervisor else name_of(pid)
        counts[name] += 1
        sums[name] = [
            sum(pair) for pair in zip(sums.get(name, [0] * len(PORTIONS)), portions(pid), strict=True)
        ]
    title = f"{profile}, {MAILBOXES} mailboxes, {CLIENTS} clients in IDLE"
    print(f"{title:44} {'PSS MB':>8} {'private':>8} {'files':>8} {'shared':>8}")
    for name, row in sorted(sums.items(), key=lambda item: -item[1][0]):
        label = f"{name} ({counts[name]} processes)" if counts[name] > 1 else name
        print(f"{label:44} " + " ".join(f"{kilobytes / 1024:8.1f}" for kilobytes in row))
    return sum(row[0] for row in sums.values()) / 1024


def portions(pid: int) -> Row:
    """Return PSS of a process in KB, and how much of it is private, of files, and of shared memory."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return (0,) * len(PORTIONS)
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE))
    return tuple(int(found.get(portion, 0)) for portion in PORTIONS)


if __name__ == "__main__":
    sys.exit(main())
