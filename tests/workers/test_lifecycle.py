"""A listener opens its doors, says whether it is ready, and lets its clients finish before it stops."""

import asyncio
import datetime as dt
import json
import ssl
from collections.abc import Coroutine
from typing import cast

import pytest
import uvloop
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.db import connections

from apps.domains.certificates.services import add_certificate
from apps.domains.models import Certificate
from apps.events.audit import SYSTEM
from tests.certificates import Issued, issue, make_authority
from workers import health
from workers.lifecycle import Process, listening


class Parrot(asyncio.Protocol):
    """A door that repeats what it hears, and says BYE when it stops."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so.
        if not self.process.connections.enter(self, self.transport.get_extra_info("peername")[0]):
            self.transport.write(b"TOO MANY\n")
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.process.connections.leave(self)

    def drain(self) -> None:
        self.transport.write(b"BYE\n")
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()


PORTS: list[int] = []


async def serve(process: Process) -> None:
    PORTS[:] = [
        await process.open_door(lambda: Parrot(process), 0),
        await process.open_door(lambda: Parrot(process), 0, tls=True),
    ]


def run(story: Coroutine[None, None, None]) -> None:
    """Play a story on the loop that listeners use; pytest's own alarm cannot interrupt that loop."""
    uvloop.run(asyncio.wait_for(story, 5))


async def ask(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.MAIL_STATE_DIR / "tls" / "ca.pem")


def test_it_works() -> None:
    async def main() -> None:
        async with listening("parrot", serve) as process:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORTS[0])
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            secure, secure_writer = await asyncio.open_connection("localhost", PORTS[1], ssl=trusting())
            secure_writer.write(b"hello\n")
            assert await secure.readline() == b"hello\n"
            assert len(process.connections) == 2
            answers = await health.serve(0, process.ready)
            port = answers.sockets[0].getsockname()[1]
            assert await ask(port, "/livez") == (200, b"ok\n")
            status, body = await ask(port, "/readyz")
            assert (status, json.loads(body)) == (200, {"database": "ok", "valkey": "ok"})
            status, body = await ask(port, "/metrics")
            assert b'mail_connections{listener="parrot"} 2.0' in body
            assert (await ask(port, "/etc/passwd"))[0] == 404
            answers.close()
        assert await reader.readline() == b"BYE\n"
        assert await secure.readline() == b"BYE\n"
        writer.close()
        secure_writer.close()
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection("127.0.0.1", PORTS[0])

    run(main())


def test_one_host_cannot_take_every_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL_MAX_CONNECTIONS_PER_HOST", 1)

    async def main() -> None:
        async with listening("parrot", serve):
            _, alice = await asyncio.open_connection("127.0.0.1", PORTS[0])
            reader, mallory = await asyncio.open_connection("127.0.0.1", PORTS[0])
            assert await reader.readline() == b"TOO MANY\n"
            alice.close()
            mallory.close()

    run(main())


def test_a_client_that_does_not_go_is_closed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL_DRAIN_SECONDS", 0.1)
    monkeypatch.setattr(Parrot, "drain", lambda self: None)

    async def main() -> None:
        async with listening("parrot", serve):
            reader, writer = await asyncio.open_connection("127.0.0.1", PORTS[0])
            writer.write(b"hello\n")
            await reader.readline()
        assert await reader.read() == b""
        writer.close()

    run(main())


@pytest.mark.slow
@pytest.mark.usefixtures("real_database")
def test_a_certificate_kept_in_the_database_is_shown_without_ending_anybody() -> None:
    given = issue("mail.sni.example", by=make_authority())
    client = ssl.create_default_context(
        cadata=given.chain[-1].public_bytes(serialization.Encoding.PEM).decode()
    )
    Certificate.objects.filter(names=["mail.sni.example"]).delete()
    before = Certificate.objects.count()

    async def main() -> None:
        async with listening("parrot", serve) as process:
            await process.look_at_certificates()
            old, old_writer = await asyncio.open_connection("localhost", PORTS[1], ssl=trusting())
            made = await asyncio.to_thread(_keep, given)
            assert await asyncio.to_thread(_count) == before + 1
            await process.look_at_certificates()
            new, new_writer = await asyncio.open_connection(
                "localhost", PORTS[1], ssl=client, server_hostname="mail.sni.example"
            )
            for reader, writer in ((old, old_writer), (new, new_writer)):
                writer.write(b"hello\n")
                assert await reader.readline() == b"hello\n"
            await asyncio.to_thread(_forget, made)
            await process.look_at_certificates()
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "localhost", PORTS[1], ssl=client, server_hostname="mail.sni.example"
                )
            old_writer.close()
            new_writer.close()

    uvloop.run(asyncio.wait_for(main(), 20))


def _keep(given: Issued) -> int:
    try:
        now = dt.datetime.now(dt.UTC)
        return add_certificate(chain=given.pem, key=given.key_pem, now=now, actor=SYSTEM).id
    finally:
        connections.close_all()


def _count() -> int:
    try:
        return Certificate.objects.count()
    finally:
        connections.close_all()


def _forget(number: int) -> None:
    try:
        Certificate.objects.filter(id=number).delete()
    finally:
        connections.close_all()
