"""What judging mail before its 250 costs: `python -m bench.scanned [MESSAGES [BYTES [CONNECTIONS]]]`.

First as many messages as told wait in the queue `scan`, and a worker with one child, then with two, works them off: how much
more two carry, and what a worker takes in memory. Then the same messages are handed in to a listener that judges nothing, to
one whose worker judges them, and to one that has no worker, whose mail the local courier judges: rate to the durable 250.
"""

import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.smtp import SMTP, await_listener, drive, make_users, message, process
from bench.stage import children, cpu_seconds, stage

ROUNDS = 3
TASK_SIZE = 10
CARRY, BASE_MB, CHILD_MB = 1.7, 150, 60


@contextmanager
def scanning(count: int) -> Iterator[int]:
    """Run a scan worker with so many children, until the block is left; begins once it says that it lives."""
    from apps.events.valkey import sync_client
    from apps.mailflow.scan import ALIVE

    sync_client().delete(ALIVE)
    with process("workers.jobs", "scan", "--children", str(count)) as pid:
        while sync_client().get(ALIVE) is None:
            time.sleep(0.02)
        yield pid


def memory(pid: int) -> list[float]:
    """Return what each process of a worker takes (PSS), the master first, in MB."""
    found = []
    for one in children(pid):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        found.append(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024)
    return found


def work_off(count: int, size: int, workers: int) -> tuple[float, float, list[float]]:
    """Have a backlog judged; return messages a second, CPU milliseconds a message, and the memory at its end."""
    from apps.events.valkey import sync_client
    from apps.mailflow import scan
    from apps.spam.envelopes import Envelope
    from mailplatform.celery import app

    client, answers = sync_client(), f"scan:answers:{uuid.uuid4().hex}"
    app.set_current()
    came = Envelope("bob@sender.example", address="192.0.2.7")
    head = {**scan.head_of(came, [1, 2]), "to": answers}
    keys = [f"scan:mail:{uuid.uuid4().hex}" for _ in range(count)]
    with scanning(workers) as pid:
        # The first message of a child costs more than the others.
        due = 0
        for some in (keys[: 4 * TASK_SIZE], keys[4 * TASK_SIZE :]):
            for number, key in enumerate(some):
                client.set(key, scan.pack(head, message(number, size)), ex=600)
            began, cpu = time.perf_counter(), cpu_seconds(pid)
            for at in range(0, len(some), TASK_SIZE):
                app.send_task(
                    scan.TASK, args=[some[at : at + TASK_SIZE]], queue=scan.QUEUE, ignore_result=True
                )
            due += len(some)
            while client.llen(answers) < due:
                time.sleep(0.005)
            wall = time.perf_counter() - began
        found = len(some) / wall, (cpu_seconds(pid) - cpu) / len(some) * 1000, memory(pid)
    client.delete(answers)
    return found


def accepted(count: int, size: int, connections: int, first: int, **how: str) -> float:
    """Hand in messages; return how many a second were accepted."""
    ports = {name: str(port) for name, port in SMTP.items()}
    with process("workers.smtp", **ports, **how):
        await_listener()
        time.sleep(1.5)  # Until it has looked for a worker.
        drive(count // 5, size, connections, first=first)
        wall, _ = drive(count, size, connections, first=first + count // 5)
        return count / wall


def main() -> int:
    """Print the tables; 1 when something takes too much."""
    count, size, connections = (
        int(word) for word in (*sys.argv[1:], *("2000", "6500", "16")[len(sys.argv) - 1 :])
    )
    os.environ |= {"MAIL_RATE_NETWORK": "100000000", "MAIL_RELAYS": "127.0.0.1"}
    best: dict[int, tuple[float, float, list[float]]] = {}
    rates: dict[str, float] = {}
    with stage():
        make_users()
        for _ in range(ROUNDS):
            for workers in (1, 2):
                found = work_off(count, size, workers)
                if workers not in best or found[0] > best[workers][0]:
                    best[workers] = found
        rates["no filter"] = accepted(count, size, connections, 10**6, MAIL_SPAM="0")
        rates["no worker"] = accepted(count, size, connections, 2 * 10**6)
        with scanning(2):
            rates["judged by two"] = accepted(count, size, connections, 3 * 10**6)
    for workers, (rate, ms, _) in best.items():
        print(
            f"{workers} {'child' if workers == 1 else 'children'}: {rate:.0f} messages a second, {ms:.2f} ms CPU each"
        )
    for name, rate in rates.items():
        print(f"accepted, {name}: {rate:.0f} messages a second")
    carry = best[2][0] / best[1][0]
    base, *each = best[2][2]
    rows = (
        ("two children carry as much more", carry, CARRY, carry >= CARRY, "at least"),
        ("memory of a scan worker's master, MB", base, BASE_MB, base <= BASE_MB, "at most"),
        ("memory of each child more, MB", max(each), CHILD_MB, max(each) <= CHILD_MB, "at most"),
    )
    for name, value, limit, holds, how in rows:
        print(f"| {name} | {value:.2f} | {how} {limit} | {'ok' if holds else 'MISSED'} |")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
