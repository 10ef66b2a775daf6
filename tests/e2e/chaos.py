"""Kill processes of a running system at random while mail flows both ways; count what is lost or doubled.

`python -m tests.e2e.chaos --kills 300` starts a system of its own (embedded servers, ports of its own, a sink
for the outside world), loads it from both sides, kills a random process with SIGKILL again and again, stops
PostgreSQL and Valkey for a while each, waits until everything has settled, and counts:

* a message that was answered 250 must be in its mailbox exactly once;
* a submission that was answered 250 must have reached the sink; a copy more is allowed only where a process
  died between the remote's 250 and our commit, and is counted apart;
* a message that was not answered may have arrived once, never twice.
"""

import argparse
import collections
import contextlib
import imaplib
import os
import random
import re
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.processes import descendants, name_of
from tests.servers import link_binaries
from tests.smtp_sink import Sink, sinking
from tests.supervisor.system import ROOT, System, environment

START_SECONDS = 180.0
# What a parcel's lease may hold up; what waits for its next attempt is asked for again meanwhile.
SETTLE_SECONDS = 420.0


@dataclass(slots=True)
class Tally:
    """What was sent, and how it was answered."""

    taken: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    temporary: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Victim:
    """One running system: where it listens, and who it is made of."""

    def __init__(self, directory: Path, sink_port: int, profile: str = "normal") -> None:
        link_binaries(directory)
        routes = f"*=127.0.0.1:{sink_port}"
        env = environment(directory, MAIL_ROUTES=routes, MAIL_PROFILE=profile)
        self.system = System(directory, env)
        self.process = self.system.process
        self.run = self.system.wait(START_SECONDS)
        self.tls = ssl.create_default_context(cafile=self.run["ca_certificate"])

    def password(self, address: str) -> str:
        """Return a demo user's password."""
        return next(str(user["password"]) for user in self.run["users"] if user["address"] == address)

    def retry(self) -> None:
        """Make what waits for its next attempt due now, as an operator would after an outage."""
        words = [
            sys.executable,
            "manage.py",
            "queue",
            "retry",
            "--all",
            "--lane",
            "remote",
            "--state",
            "queued",
        ]
        subprocess.run(words, cwd=ROOT, env=self.system.env, check=False, capture_output=True, timeout=60)

    def imap(self, address: str) -> imaplib.IMAP4_SSL:
        """Sign in by IMAP."""
        where = self.run["imaps"]
        client = imaplib.IMAP4_SSL(where["host"], where["port"], ssl_context=self.tls, timeout=30)
        client.login(address, self.password(address))
        return client


ATTEMPT = re.compile(r"X-Attempt: *([0-9a-z-]+)")


def text(marker: str, sender: str, to: str) -> str:
    """A small message that carries its marker."""
    return f"From: {sender}\r\nTo: {to}\r\nSubject: {marker}\r\nX-Attempt: {marker}\r\n\r\nhello\r\n"


def load(system: Victim, kind: str, number: int, tally: Tally, stop: threading.Event) -> None:
    """Send until told to stop; every attempt is a message of its own, so that nothing is ambiguous."""
    users = ["alice@example.test", "bob@example.test", "carol@example.test"]
    rng, serial = random.Random(number), 0
    client: smtplib.SMTP | None = None
    while not stop.is_set():
        serial += 1
        marker = f"{kind}-{number}-{serial}"
        is_sent = False
        try:
            if client is None:
                client = connect(system, kind)
            if kind == "in":
                sender, to = "friend@outside.example", rng.choice(users)
            else:
                sender, to = "bob@example.test", "friend@outside.example"
            is_sent = True
            client.sendmail(sender, [to], text(marker, sender, to))
            with tally.lock:
                tally.taken.add(marker)
            time.sleep(0.02)
        except (OSError, smtplib.SMTPException) as error:
            with tally.lock:
                tally.temporary += 1
                if is_sent:
                    tally.unsure.add(marker)
            if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
                raise
            with contextlib.suppress(Exception):
                if client is not None:
                    client.close()
            client = None
            time.sleep(0.2)


def connect(system: Victim, kind: str) -> smtplib.SMTP:
    """Open a connection as a stranger's server (in) or as bob's mail program (out)."""
    where = system.run["smtp" if kind == "in" else "submission"]
    client = smtplib.SMTP(where["host"], where["port"], timeout=20)
    if kind == "out":
        client.starttls(context=system.tls)
        client.login("bob@example.test", system.password("bob@example.test"))
    return client


def victims(system: Victim) -> list[int]:
    """Every process below the supervisor."""
    return descendants(system.process.pid)


def pause(system: Victim, word: str, seconds: float) -> None:
    """Stop a server with SIGSTOP for a while: it is there and does not answer."""
    pids = [pid for pid in victims(system) if word in name_of(pid)]
    print(f"stopping {word} ({len(pids)} processes) for {seconds:g} s", flush=True)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def kill_some(system: Victim, kills: int, every: float, rng: random.Random) -> collections.Counter[str]:
    """Kill random processes; return how often each kind was hit."""
    hit: collections.Counter[str] = collections.Counter()
    while hit.total() < kills:
        time.sleep(rng.uniform(0.5, 1.5) * every)
        kinds: dict[str, list[int]] = {}
        for pid in victims(system):
            kinds.setdefault(name_of(pid), []).append(pid)
        if not kinds:
            raise SystemExit("nothing is left to kill: the supervisor lost its processes")
        # First the kind, then the process: PostgreSQL has a dozen, and would be hit nearly always.
        name = rng.choice(sorted(kinds))
        pid = rng.choice(kinds[name])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            hit[name] += 1
        if hit.total() % 25 == 0:
            print(f"{hit.total()} kills", flush=True)
    return hit


def filed(system: Victim, addresses: list[str]) -> collections.Counter[str]:
    """Count every marker in every folder of these mailboxes."""
    found: collections.Counter[str] = collections.Counter()
    for address in addresses:
        client = system.imap(address)
        for raw in client.list()[1]:
            folder = re.search(rb'"/" (.+)$', raw if isinstance(raw, bytes) else b"")
            if folder is None:
                continue
            client.select(folder[1].decode(), readonly=True)
            _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (X-ATTEMPT)])")
            for item in data:
                if isinstance(item, tuple) and (match := ATTEMPT.search(item[1].decode())):
                    found[match[1]] += 1
        client.logout()
    return found


def sunk(sink: Sink) -> collections.Counter[str]:
    """Count every marker that reached the outside world."""
    found: collections.Counter[str] = collections.Counter()
    for taken in list(sink.taken):
        if match := ATTEMPT.search(taken.data.decode("latin-1")):
            found[match[1]] += 1
    return found


def settle(
    system: Victim, sink: Sink, addresses: list[str], inward: Tally, outward: Tally, seconds: float
) -> None:
    """Wait until everything that was taken has arrived, or until time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(5)
        system.retry()
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            missing = len(inward.taken - set(filed(system, addresses))), len(outward.taken - set(sunk(sink)))
            print(f"still to come: {missing[0]} in, {missing[1]} out", flush=True)
            if missing == (0, 0):
                break
    time.sleep(6)  # A copy too many would come now.


@contextlib.contextmanager
def loading(system: Victim, workers: int) -> Iterator[tuple[Tally, Tally]]:
    """Load the system from both sides while the block runs."""
    inward, outward, stop = Tally(), Tally(), threading.Event()
    threads = [
        threading.Thread(target=load, args=(system, kind, n, tally, stop), daemon=True)
        for kind, tally in (("in", inward), ("out", outward))
        for n in range(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield inward, outward
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def run(
    kills: int, every: float, pauses: float, workers: int, seed: int, directory: Path, profile: str
) -> int:
    """Do it all; return 0 when nothing is lost or doubled."""
    addresses = ["alice@example.test", "bob@example.test", "carol@example.test"]
    with sinking(data_size_limit=10**7) as (sink, port):
        system = Victim(directory, port, profile)
        try:
            with loading(system, workers) as (inward, outward):
                hit = kill_some(system, kills, every, random.Random(seed))
                for word in ("postgres", "valkey") if pauses else ():
                    time.sleep(10)  # Whole again, so that it is all of it that stops.
                    pause(system, word, pauses)
                time.sleep(3)
            settle(system, sink, addresses, inward, outward, SETTLE_SECONDS)
            inside, outside = filed(system, addresses), sunk(sink)
        finally:
            system.system.stop()
    print("killed:", ", ".join(f"{count} {name}" for name, count in hit.most_common()))
    return verdict(inward, outward, inside, outside)


def verdict(
    inward: Tally, outward: Tally, inside: collections.Counter[str], outside: collections.Counter[str]
) -> int:
    """Print the count; 0 when it is as promised."""
    lost_in, lost_out = inward.taken - set(inside), outward.taken - set(outside)
    doubled = {m for m, count in inside.items() if count > 1 and m.startswith("in-")}
    more = {m for m, count in outside.items() if count > 1}
    print(f"in:  {len(inward.taken)} answered 250, {len(lost_in)} lost, {len(doubled)} doubled,"
          f" {inward.temporary} attempts put off, {len(inward.unsure & set(inside))} of {len(inward.unsure)}"
          " unanswered arrived")  # fmt: skip
    print(f"out: {len(outward.taken)} answered 250, {len(lost_out)} lost, {len(more)} with a copy more,"
          f" {outward.temporary} attempts put off")  # fmt: skip
    for word, markers in (("lost", lost_in | lost_out), ("doubled", doubled)):
        for marker in sorted(markers)[:10]:
            print(word, marker)
    too_often = any(count > 2 for count in outside.values())
    return 1 if lost_in or lost_out or doubled or too_often or not inward.taken or not outward.taken else 0


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--every", type=float, default=1.5, help="mean seconds between kills")
    parser.add_argument(
        "--pauses", type=float, default=20, help="seconds to stop PostgreSQL and Valkey for; 0: not"
    )
    parser.add_argument("--workers", type=int, default=2, help="senders in each direction")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=["normal", "small"], default="normal")
    parser.add_argument("--directory", type=Path, help="kept afterwards; default: a temporary one")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = options.directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="mp-chaos-"))
        )
        directory.mkdir(parents=True, exist_ok=True)
        sys.exit(
            run(
                options.kills,
                options.every,
                options.pauses,
                options.workers,
                options.seed,
                directory,
                options.profile,
            )
        )


if __name__ == "__main__":
    main()
