"""What an IMAP client's commands cost: `python -m bench.imap [COUNT] [CONNECTIONS]`.

Starts a PostgreSQL, a Valkey and a listener of its own in a temporary directory, fills one folder by SQL, and
talks to the listener over TLS. Prints CPU milliseconds of listener, PostgreSQL and Valkey together (the median
of the rounds, this process not counted), the wall beside it, and what an idle connection costs in memory: with that
folder selected and with one of 20,000 messages, by clients that come one after the other and by all at once.
"""

import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.stage import Stage, children, stage

ROUNDS = 7
SMALLER = 20_000
FULL = "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE"


def main() -> None:
    """Run everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    settings = {
        "MAIL_IMAPS_PORT": str(free_port()),
        "MAIL_IMAP_PORT": str(free_port()),
        "MAIL_MAX_CONNECTIONS_PER_HOST": "20000",
        "MAIL_LOG_LEVEL": "WARNING",
    }
    os.environ |= settings
    with stage() as where:
        machine = Machine(where, int(settings["MAIL_IMAPS_PORT"]))
        try:
            Bench(machine, count).run(connections)
        finally:
            machine.stop_listener()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def cpu(pid: int) -> float:
    """Return the CPU milliseconds of a process and all below it; the kernel counts them in nanoseconds."""
    total = 0
    for process in children(pid):
        for task in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                continue
    return total / 1e6


def resident(pid: int) -> int:
    """Return the KB of memory a process has for itself and shares, without what it has only mapped."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]


def rss(pid: int) -> int:
    """Return the KB of memory a process has mapped, what it shares with others included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)


class Machine:
    """The servers, and a listener that can be started again."""

    def __init__(self, where: Stage, port: int) -> None:
        self.where, self.port = where, port
        self.trust = ssl.create_default_context(cafile=where.root / "state" / "tls" / "ca.pem")
        self.listener: subprocess.Popen[bytes] | None = None

    def restart(self) -> None:
        """Start the listener, with nothing in its memory."""
        self.stop_listener()
        self.listener = subprocess.Popen([sys.executable, "-m", "workers.imap"])
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self.listener.poll() is None, "the listener did not start"
                time.sleep(0.05)
            else:
                break
        time.sleep(0.5)

    def stop_listener(self) -> None:
        """Stop the listener."""
        if self.listener is not None:
            self.listener.send_signal(signal.SIGTERM)
            self.listener.wait(20)
            self.listener = None

    def cpu(self) -> float:
        """Return the CPU milliseconds of all servers so far."""
        assert self.listener is not None
        return sum(cpu(pid) for pid in (self.listener.pid, self.where.postgres, self.where.valkey))


class Client:
    """A client that counts lines and does not look at them."""

    def __init__(self, port: int, trust: ssl.SSLContext, user: str, password: str) -> None:
        raw = socket.create_connection(("127.0.0.1", port), 30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = trust.wrap_socket(raw, server_hostname="localhost")
        self.tail = b""
        self.until(b"\r\n")
        self.ask(f'LOGIN {user} "{password}"')

    def until(self, end: bytes) -> int:
        """Read until a line starts with `end`, or to the first line's end; return the bytes read."""
        total = 0
        data = b""
        while True:
            piece = self.socket.recv(1 << 20)
            assert piece, "the listener hung up"
            total += len(piece)
            data = data[-300:] + piece
            if data.endswith(b"\r\n") and (
                end == b"\r\n" or data.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2].startswith(end)
            ):
                return total

    def ask(self, command: str) -> int:
        """Send a command and read to its end; return the bytes of the answer."""
        self.socket.sendall(b"x " + command.encode() + b"\r\n")
        return self.until(b"x OK")


class Bench:
    """One folder, and what is asked of it."""

    def __init__(self, machine: Machine, count: int) -> None:
        from apps.domains.services import create_domain
        from apps.events.audit import SYSTEM
        from apps.organisations.services import create_organisation

        self.machine, self.count = machine, count
        start = time.monotonic()
        self.organisation = create_organisation(name="bench", actor=SYSTEM)
        create_domain(organisation=self.organisation, name="bench.test", actor=SYSTEM)
        # An app password costs microseconds to check, so that signing in does not drown what is measured.
        self.passwords: dict[str, str] = {}
        self.user("alice", count)
        print(f"{count} messages filled and packed in {time.monotonic() - start:.1f} s", flush=True)

    def user(self, name: str, count: int) -> None:
        """Make a user whose INBOX has `count` messages."""
        from apps.accounts.services import credentials, users
        from apps.events.audit import SYSTEM
        from apps.events.transactions import perform
        from apps.mailboxes.services import create_mailbox
        from apps.store import packing
        from apps.store.values import FolderRef
        from bench import filler

        owner = users.create_user(address=f"{name}@bench.test", actor=SYSTEM)
        mailbox = create_mailbox(address=f"{name}@bench.test", owner=owner, quota_bytes=0, actor=SYSTEM)
        self.passwords[name] = credentials.add_app_password(user=owner, label="bench", actor=SYSTEM).secret
        folder = perform(filler.fill(mailbox.pk, self.organisation.pk, count))
        perform(filler.settle())
        packing.rebuild(FolderRef(mailbox.pk, folder))

    def client(self, name: str = "alice") -> Client:
        """Return a client that is signed in."""
        return Client(self.machine.port, self.machine.trust, f"{name}@bench.test", self.passwords[name])

    def run(self, connections: int) -> None:
        """Measure, and print a table."""
        print(f"{'work':64} {'CPU ms':>9} {'wall ms':>9} {'bytes':>12}")
        self.cold_select()
        client = self.client()
        client.ask("SELECT INBOX")
        self.measure("SELECT, warm", lambda: client.ask("SELECT INBOX"), repeat=50)
        self.measure("UID FETCH 1:* (FLAGS)", lambda: client.ask("UID FETCH 1:* (FLAGS)"))
        self.measure(f"UID FETCH 1:* ({FULL})", lambda: client.ask(f"UID FETCH 1:* ({FULL})"))
        middle = self.count // 2
        self.measure(
            "UID FETCH n (ENVELOPE)", lambda: client.ask(f"UID FETCH {middle} (ENVELOPE)"), repeat=200
        )
        self.measure(
            "UID FETCH n (BODY.PEEK[])", lambda: client.ask(f"UID FETCH {middle} (BODY.PEEK[])"), repeat=200
        )
        self.measure("UID FETCH 1:2000 (BODY.PEEK[])", lambda: client.ask("UID FETCH 1:2000 (BODY.PEEK[])"))
        self.measure("UID SEARCH UNSEEN", lambda: client.ask("UID SEARCH UNSEEN"))
        self.measure("UID SEARCH SUBJECT quarterly", lambda: client.ask("UID SEARCH SUBJECT quarterly"))
        signs = iter("+-" * 10_000)
        self.measure(
            "UID STORE n FLAGS.SILENT",
            lambda: client.ask(f"UID STORE {middle} {next(signs)}FLAGS.SILENT (\\Flagged)"),
            repeat=50,
        )
        self.measure("NOOP", lambda: client.ask("NOOP"), repeat=200)
        self.memory("alice", self.count, connections)
        self.user("bob", SMALLER)
        self.memory("bob", SMALLER, connections)

    def cold_select(self) -> None:
        """Measure SELECT in a process that has never seen the folder."""
        spent = []
        for _ in range(3):
            self.machine.restart()
            client = self.client()
            with self.spent() as sample:
                client.ask("SELECT INBOX")
            spent.append(sample)
        self.report("SELECT, cold (a new process)", spent, 1, 0)

    def measure(self, name: str, work: Callable[[], int], *, repeat: int = 1) -> None:
        """Print what one piece of work costs."""
        size = work()
        spent = []
        for _ in range(ROUNDS):
            with self.spent() as sample:
                for _ in range(repeat):
                    work()
            spent.append(sample)
        self.report(name, spent, repeat, size)

    @contextmanager
    def spent(self) -> Iterator[list[float]]:
        """Fill a list with CPU and wall of the block."""
        sample: list[float] = []
        cpu, wall = self.machine.cpu(), time.monotonic()
        yield sample
        sample += [self.machine.cpu() - cpu, (time.monotonic() - wall) * 1000]

    def report(self, name: str, spent: list[list[float]], repeat: int, size: int) -> None:
        """Print one line."""
        cpu, wall = (statistics.median(column) / repeat for column in zip(*spent, strict=True))
        print(f"{name:64} {cpu:9.3f} {wall:9.2f} {size:12}", flush=True)

    def memory(self, name: str, count: int, connections: int) -> None:
        """Print what idle connections with a folder selected cost, in a new listener each time."""
        for one_by_one in (True, False):
            self.machine.restart()
            assert self.machine.listener is not None
            pid = self.machine.listener.pid
            what = f"a process without clients, RSS {rss(pid) / 1024:.1f} MB; PSS"
            print(f"{what:64} {resident(pid) / 1024:9.1f} MB")
            warm = [self.idle(self.select(self.client(name))) for _ in range(4)]
            before = resident(pid)
            if one_by_one:
                # What a client leaves free on the heap is there for the next one's buffers.
                clients = [self.idle(self.select(self.client(name))) for _ in range(connections)]
            else:
                clients = [self.client(name) for _ in range(connections)]
                for client in clients:
                    self.select(client)
                for client in clients:
                    self.idle(client)
            time.sleep(1)
            growth = (resident(pid) - before) / connections
            how = "one by one" if one_by_one else "all at once"
            what = f"each of {connections} TLS connections in IDLE, {count} messages, {how}"
            print(f"{what:64} {growth:9.1f} KB", flush=True)
            for client in (*warm, *clients):
                client.socket.close()

    @staticmethod
    def select(client: Client) -> Client:
        """Select the folder."""
        client.ask("SELECT INBOX")
        return client

    @staticmethod
    def idle(client: Client) -> Client:
        """Begin to wait for news."""
        client.socket.sendall(b"x IDLE\r\n")
        client.until(b"+ ")
        return client


if __name__ == "__main__":
    main()
