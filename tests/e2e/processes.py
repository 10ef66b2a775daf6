"""Looking at processes by /proc, and finding free ports."""

import contextlib
import socket
from pathlib import Path


def children() -> dict[int, list[int]]:
    """Return the children of every process."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found.setdefault(parent, []).append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    """Return every process below `pid`, zombies left out."""
    tree, found, waiting = children(), [], [pid]
    while waiting:
        for child in tree.get(waiting.pop(), []):
            waiting.append(child)
            if state_of(child) not in {"Z", "X", ""}:
                found.append(child)
    return found


def state_of(pid: int) -> str:
    """Return R, S, D, Z ...; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def name_of(pid: int) -> str:
    """Return a short name of what a process runs."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    line = b" ".join(words).decode("utf-8", "replace")
    for word in ("postgres", "valkey", "supervisord", "workers.smtp", "workers.imap", "workers.web"):
        if word in line:
            return word
    if "workers.jobs" in line:
        queues = words[words.index(b"workers.jobs") + 1].decode()
        return "celery" if "," in queues else f"celery {queues}"
    return line[:40] or "unnamed"


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on now; the last `count // 2` follow one another as far as possible."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
