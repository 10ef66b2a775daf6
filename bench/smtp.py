"""What accepting and filing mail costs: `python -m bench.smtp [MESSAGES [BYTES [CONNECTIONS]]]`.

A listener process, a Celery worker for the local lane, PostgreSQL and Valkey are started for it. The first row
counts CPU of listener, PostgreSQL and Valkey from the first MAIL to the last 250, with no worker running; the
second adds the worker's, from the first MAIL until the last message is in its folder. The driver's own CPU is left out.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from bench.stage import ROOT, Stage, cpu_seconds, stage

USERS = 20
SMTP = {"MAIL_SMTP_PORT": 25250, "MAIL_SUBMISSION_PORT": 25251, "MAIL_SUBMISSIONS_PORT": 25252}
TARGETS = {"durable": 1.2, "filed": 3.0}
LINE = b"The quick brown fox jumps over the lazy dog and writes a letter to all of them.\r\n"


def message(number: int, size: int) -> bytes:
    """Make a message of about `size` bytes unlike all others."""
    header = (
        f"From: Bob Example <bob@sender.example>\r\nTo: user{number % USERS}@example.test\r\n"
        f"Subject: Message number {number}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        f"Message-ID: <{number}.{os.getpid()}@sender.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nNumber {number}.\r\n"
    ).encode()
    return header + LINE * ((size - len(header)) // len(LINE))


class Client(asyncio.Protocol):
    """One connection; `expect` replies at a time."""

    def __init__(self) -> None:
        self.buffer = b""
        self.waiter: asyncio.Future[list[bytes]] | None = None
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        self.buffer += data
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(ConnectionError("the server hung up"))

    def _look(self) -> None:
        if self.waiter is None or self.waiter.done():
            return
        if self.count:
            complete = self.buffer.count(b"\r\n") >= self.count
        else:
            complete = self.buffer.endswith(b"\r\n") and self.buffer.splitlines()[-1][3:4] == b" "
        if complete:
            lines = self.buffer.split(b"\r\n")[:-1]
            self.buffer = b""
            self.waiter.set_result(lines)

    async def say(self, data: bytes, count: int) -> list[bytes]:
        """Send, and return that many lines of reply; 0 is one reply, however many lines it has."""
        self.count, self.waiter = count, asyncio.get_running_loop().create_future()
        if data:
            self.transport.write(data)
        self._look()
        return await self.waiter


async def send(numbers: Iterator[int], size: int, latencies: list[float], port: int) -> None:
    """Send messages over one connection until none is left."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, "127.0.0.1", port)
    await client.say(b"", 1)
    await client.say(b"EHLO driver.example\r\n", 0)
    for number in numbers:
        body = message(number, size)
        start = loop.time()
        to = f"RCPT TO:<user{number % USERS}@example.test>\r\n".encode()
        lines = await client.say(b"MAIL FROM:<bob@sender.example>\r\n" + to + b"DATA\r\n", 3)
        assert lines[2].startswith(b"354"), lines
        done = await client.say(body + b".\r\n", 1)
        assert done[0].startswith(b"250"), done
        latencies.append(loop.time() - start)
    client.transport.close()


def drive(
    count: int, size: int, connections: int, first: int = 0, port: int = SMTP["MAIL_SMTP_PORT"]
) -> tuple[float, list[float]]:
    """Send `count` messages; return the seconds it took and each one's."""
    latencies: list[float] = []
    numbers = iter(range(first, first + count))

    async def main() -> None:
        await asyncio.gather(*(send(numbers, size, latencies, port) for _ in range(connections)))

    start = time.perf_counter()
    asyncio.run(main())
    return time.perf_counter() - start, sorted(latencies)


@contextmanager
def process(*words: str, **environment: str) -> Iterator[int]:
    """Run a Python process of ours until the block is left."""
    running = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=os.environ | environment)
    try:
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


@contextmanager
def local_worker() -> Iterator[int]:
    """Run a worker that files mail until the block is left."""
    lane = ("-Q", "local", "--concurrency", "1", "--loglevel", "WARNING")
    with process("celery", "-q", "-A", "mailplatform", "worker", *lane) as pid:
        yield pid


def make_users() -> None:
    """Make the mailboxes the driver writes to."""
    from apps.accounts.services import users
    from apps.domains.services import create_domain
    from apps.events.audit import SYSTEM
    from apps.mailboxes.services import create_mailbox
    from apps.organisations.services import create_organisation

    domain = create_domain(
        organisation=create_organisation(name="Bench", actor=SYSTEM), name="example.test", actor=SYSTEM
    )
    for number in range(USERS):
        address = f"user{number}@{domain.name}"
        create_mailbox(address=address, owner=users.create_user(address=address, actor=SYSTEM), actor=SYSTEM)


def await_filing() -> None:
    """Wait until no recipient is left unsettled; give up when nothing moves for 20 seconds."""
    from apps.queue.models import QueuedRecipient

    left, since = -1, time.monotonic()
    while (now_left := QueuedRecipient.objects.filter(finished_at=None).count()) > 0:
        if now_left != left:
            left, since = now_left, time.monotonic()
        elif time.monotonic() - since > 20:
            raise SystemExit(f"{left} messages were not filed")
        time.sleep(0.2)


def messages() -> int:
    """Return how many messages are in folders."""
    from apps.store.models import Message

    return Message.objects.count()


def await_listener() -> None:
    """Wait until the door is open."""
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", SMTP["MAIL_SMTP_PORT"]), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the listener did not open its door")


def report(name: str, count: int, parts: dict[str, float], wall: float, latencies: list[float]) -> None:
    """Print one row of the table, and where its CPU went."""
    each = {part: seconds / count * 1000 for part, seconds in parts.items()}
    total = sum(each.values())
    detail = ", ".join(f"{part} {ms:.3f}" for part, ms in each.items())
    half, late = latencies[len(latencies) // 2] * 1000, latencies[int(len(latencies) * 0.99)] * 1000
    verdict = "ok" if total <= TARGETS[name] else "MISSED"
    print(f"| SMTP to {name} | {total:.3f} ms CPU a message | at most {TARGETS[name]} | {verdict} |")
    print(
        f"  {detail}; {count / wall:.0f} messages a second, p50 {half:.1f} ms, p99 {late:.1f} ms", flush=True
    )


def durable(where: Stage, listener: int, count: int, size: int, connections: int) -> None:
    """Measure from MAIL to the durable 250."""
    pids = {"listener": listener, "PostgreSQL": where.postgres, "Valkey": where.valkey}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    wall, latencies = drive(count, size, connections, first=10**6)
    report("durable", count, {n: cpu_seconds(pid) - before[n] for n, pid in pids.items()}, wall, latencies)


def filed(where: Stage, listener: int, worker: int, count: int, size: int, connections: int) -> None:
    """Measure from MAIL until everything is in its folder."""
    await_filing()
    have = messages()
    pids = {"listener": listener, "worker": worker, "PostgreSQL": where.postgres, "Valkey": where.valkey}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    start = time.perf_counter()
    _, latencies = drive(count, size, connections, first=2 * 10**6)
    await_filing()
    wall = time.perf_counter() - start
    if messages() != have + count:
        raise SystemExit(f"{messages() - have} of {count} messages are in folders")
    report("filed", count, {n: cpu_seconds(pid) - before[n] for n, pid in pids.items()}, wall, latencies)


def main() -> None:
    """Print the two rows."""
    count, size, connections = (
        int(word) for word in (*sys.argv[1:], *("5000", "2048", "16")[len(sys.argv) - 1 :])
    )
    with stage() as where:
        make_users()
        with process("workers.smtp", **{name: str(port) for name, port in SMTP.items()}) as listener:
            await_listener()
            drive(count // 10, size, connections)
            durable(where, listener, count, size, connections)
            with local_worker() as worker:
                filed(where, listener, worker, count, size, connections)


if __name__ == "__main__":
    main()
