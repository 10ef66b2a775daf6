"""What accepting and filing cost without the door: `python -m bench.queue [COUNT] [CONNECTIONS]`.

Starts a PostgreSQL (durable) and a Valkey of its own in a temporary directory; COUNT messages of 2 KB to 50
mailboxes are put by CONNECTIONS tasks that each wait for their answer, then filed by `run_local`; then both at
once, with a real Celery worker.
Prints CPU milliseconds a message of this process, PostgreSQL and Valkey, wall time, and commits.
"""

import asyncio
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from bench.stage import cpu_seconds, stage

MAILBOXES = 50
BODY = (
    b"Received: from a.far.example (a.far.example [192.0.2.7]) by b.far.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    b"From: Bob Example <bob@far.example>\r\nTo: Alice Example <user@bench.test>\r\n"
    b"Subject: Minutes of the %d. meeting\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <%d.minutes@far.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)
WORDS = b"the minutes of the meeting are attached please read them before we meet again on thursday\r\n"


def main() -> None:
    """Run everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    with stage() as where:
        Bench(count, connections, where.postgres, where.valkey).run()


class Bench:
    """One run."""

    def __init__(self, count: int, connections: int, postgres: int, valkey: int) -> None:
        self.count, self.connections = count, connections
        self.pids: tuple[int, ...] = (postgres, valkey)

    def run(self) -> None:
        """Measure."""
        from django.db import connection

        from apps.mailflow.run_queue import Turn, run_local
        from tests.factories import a_domain, a_mailbox

        domain = a_domain("bench.test")
        self.organisation = domain.organisation_id
        self.boxes = [a_mailbox(f"user{n}", domain=domain).pk for n in range(MAILBOXES)]
        connection.close()
        print(f"{self.count} messages of 2 KB, {self.connections} connections")
        self.measure("accept", lambda: asyncio.run(self.accept()))
        ends = time.monotonic() + 600
        self.measure("file", lambda: run_local(Turn(time.monotonic, ends, lambda: False)))
        connection.close()
        words = [sys.executable, "-m", "celery", "-A", "mailplatform.celery", "worker", "-Q", "local",
                 "--pool", "threads", "-c", "1", "--without-gossip", "--without-mingle"]  # fmt: skip
        with subprocess.Popen(words) as worker:
            time.sleep(5)
            self.pids = *self.pids[:2], worker.pid
            self.measure("together", self.together)
            worker.terminate()

    def together(self) -> None:
        """Accept while a Celery worker files; return once all is filed."""
        import psycopg

        from apps.events.database import connection_arguments

        asyncio.run(self.accept())
        with psycopg.connect(**connection_arguments()) as db:
            waiting = "SELECT EXISTS (SELECT 1 FROM queue_recipient WHERE state = 'queued')"
            while (row := db.execute(waiting).fetchone()) and row[0]:
                time.sleep(0.05)

    def measure(self, name: str, work: Callable[[], object]) -> None:
        """Print what one phase costs."""
        commits, statements = self.counters()
        before = [cpu_seconds(pid) for pid in self.pids]
        own = resource.getrusage(resource.RUSAGE_SELF)
        begun = time.monotonic()
        work()
        wall = time.monotonic() - begun
        now = resource.getrusage(resource.RUSAGE_SELF)
        mine = now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime
        theirs = [cpu_seconds(pid) - then for pid, then in zip(self.pids, before, strict=True)]
        time.sleep(1.2)  # Backends report their counters within a second.
        after = self.counters()
        per = 1000 / self.count
        print(
            f"{name:8} {(mine + sum(theirs)) * per:.3f} ms CPU a message: process {mine * per:.3f}, "
            f"postgres {theirs[0] * per:.3f}, valkey {theirs[1] * per:.3f}, "
            f"worker {sum(theirs[2:]) * per:.3f}; {self.count / wall:.0f}/s; "
            f"{self.count / max(1, after[0] - commits):.1f} messages a commit, "
            f"{(after[1] - statements) / self.count:.2f} statements a message"
        )

    def counters(self) -> tuple[int, int]:
        """Return the commits and the statements so far."""
        import psycopg

        from apps.events.database import connection_arguments

        with psycopg.connect(**connection_arguments()) as db:
            db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            row = db.execute(
                "SELECT xact_commit, (SELECT sum(calls) FROM pg_stat_statements)::bigint FROM pg_stat_database "
                "WHERE datname = current_database()"
            ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1] or 0)

    async def accept(self) -> None:
        """Put the messages, a few at once, each waiting for its answer."""
        import redis.asyncio
        from django.conf import settings

        from apps.events.database import make_pool
        from apps.events.transactions import Database
        from apps.mailflow.acceptance import Arrival, Writer
        from apps.mailflow.verdicts import Accept
        from apps.queue.envelopes import Envelope, Recipient
        from apps.queue.models import Lane, Origin

        pool = make_pool(4)
        await pool.open()
        valkey = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        writer = Writer(Database(pool, valkey))
        running = asyncio.create_task(writer.run())
        numbers = iter(range(self.count))

        async def client() -> None:
            for n in numbers:
                which = n % MAILBOXES
                recipient = Recipient(
                    f"user{which}@bench.test", Lane.LOCAL, self.organisation, "bench.test", self.boxes[which]
                )
                head = BODY % (n, n)
                arrival = Arrival(
                    trace_id=uuid.uuid4(),
                    origin=Origin.MX,
                    envelope=Envelope("bob@far.example"),
                    recipients=(recipient,),
                    body=head + WORDS * ((2048 - len(head)) // len(WORDS)),
                    prefix=b"Received: from a.far.example (a.far.example [192.0.2.7]) by mail.bench.test with ESMTPS\r\n"
                    b"\tfor <user@bench.test>; Tue, 24 Nov 2026 10:00:00 +0000\r\n",
                    received_at=datetime.now(UTC),
                    trace={"peer": "192.0.2.7", "helo": "a.far.example", "tls": "TLSv1.3"},
                )
                answer = await writer.put(arrival)
                assert isinstance(answer, Accept), answer

        await asyncio.gather(*(client() for _ in range(self.connections)))
        writer.close()
        await running
        await pool.close()
        await valkey.aclose()


if __name__ == "__main__":
    main()
