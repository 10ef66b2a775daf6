"""A mail server of the outside world for tests and demonstrations: it takes everything it is not told to refuse.

`python -m tests.smtp_sink PORT DIRECTORY` keeps each message as a file. Recipients whose local part starts
with `defer` are answered 450, with `reject` 550; `late-defer` and `late-reject` at the end of the data.
"""

import asyncio
import contextlib
import itertools
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Taken:
    """One message the sink took."""

    sender: str
    recipients: list[str]
    data: bytes
    is_tls: bool
    connection: int


@dataclass(slots=True)
class Sink:
    """What has arrived, and how to answer."""

    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    directory: Path | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if not hasattr(session, "number"):
            session.number = next(_numbers)  # type: ignore[attr-defined]
            self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("defer"):
            return "450 4.2.0 Come back later"
        if address.startswith("reject"):
            return "550 5.1.1 No such person"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if any(address.startswith("late-defer") for address in envelope.rcpt_tos):
            return "451 4.3.0 The disk is full"
        if any(address.startswith("late-reject") for address in envelope.rcpt_tos):
            return "554 5.7.1 We do not like it"
        data = envelope.content if isinstance(envelope.content, bytes) else b""
        taken = Taken(
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            data,
            session.ssl is not None,
            getattr(session, "number", 0),
        )
        with self.lock:
            self.taken.append(taken)
            if self.directory is not None:
                (self.directory / f"{len(self.taken):06}.eml").write_bytes(data)
        return "250 2.0.0 Taken"


@contextlib.contextmanager
def sinking(
    sink: Sink | None = None,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> Iterator[tuple[Sink, int]]:
    """Run a sink while the block runs; gives it and its port."""
    sink = sink or Sink()
    options.setdefault("enable_SMTPUTF8", True)
    controller = Controller(sink, hostname=host, port=port, tls_context=tls, decode_data=False, **options)
    # The controller's own start() checks the port it was given, which cannot be "any free one".
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(controller._factory_invoker, host, port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def main() -> None:
    """Run until interrupted."""
    port, directory = int(sys.argv[1]), Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    with sinking(Sink(directory=directory), port=port, data_size_limit=100 * 1024 * 1024):
        threading.Event().wait()


if __name__ == "__main__":
    main()
