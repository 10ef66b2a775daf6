"""The life of a listener process: start, certificates, ready, drain on SIGTERM, stop.

A listener module is four lines:

    async def serve(process: Process) -> None:
        await process.open_door(lambda: Connection(process), settings.MAIL_IMAP_PORT)

    run_listener("imap", serve)
"""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import django
import psycopg
import psycopg_pool
import redis.asyncio
import uvloop
from django.conf import settings

from apps.domains.certificates import showing
from apps.events.database import make_pool
from apps.events.health import OK, Health
from apps.events.listen import Listener
from apps.events.transactions import Database
from mailplatform import logging as our_logging

from . import health
from .connections import Connections
from .tls import LiveContext, best_pair

log = logging.getLogger(__name__)

CERTIFICATE_SECONDS = 30
READY_SECONDS = 2
BACKLOG = 1024

type Serve = Callable[["Process"], Awaitable[None]]


@dataclass(slots=True)
class Process:
    """What a listener process has: its ways to the servers, its certificate, its doors and connections."""

    name: str
    database: Database
    hints: Listener
    certificate: LiveContext
    connections: Connections
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    doors: list[asyncio.Server] = field(default_factory=list)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def tls(self) -> ssl.SSLContext:
        """The context for STARTTLS; the same object for ever, though its certificate may be renewed."""
        return self.certificate.context

    async def open_door(
        self, factory: Callable[[], asyncio.BaseProtocol], port: int, *, tls: bool = False
    ) -> int:
        """Accept connections on the port of every address of MAIL_BIND; port 0 takes a free one. Returns it."""
        door = await asyncio.get_running_loop().create_server(
            factory,
            [host.strip() for host in settings.MAIL_BIND.split(",")],
            port,
            ssl=self.tls if tls else None,
            ssl_handshake_timeout=15 if tls else None,
            backlog=BACKLOG,
            # Several processes share a port, and the kernel shares out the connections.
            reuse_port=True,
        )
        self.doors.append(door)
        return int(door.sockets[0].getsockname()[1])

    def on_stop(self, close: Callable[[], Awaitable[None]]) -> None:
        """Call `close` after the last connection has gone and before the database goes; last in, first out."""
        self.closers.append(close)

    def spawn(self, coroutine: Awaitable[None]) -> None:
        """Run a background task for the life of the process; one that fails is logged."""

        async def _run() -> None:
            try:
                await coroutine
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("background task failed")

        task = asyncio.get_running_loop().create_task(_run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def ready(self) -> Health:
        """Say whether the servers this process depends on answer."""
        return {"database": await self._database_answers(), "valkey": await self._valkey_answers()}

    async def _database_answers(self) -> str:
        try:
            async with asyncio.timeout(READY_SECONDS), self.database.pool.connection() as connection:
                await connection.execute("SELECT 1")
        except (psycopg.Error, psycopg_pool.PoolTimeout, OSError):
            return "unreachable"
        return OK

    async def _valkey_answers(self) -> str:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.database.valkey.ping()
        except (redis.exceptions.RedisError, OSError):
            return "unreachable"
        return OK

    async def follow_certificate(self) -> None:
        """Show a renewed certificate without a restart, and those kept in the database."""
        while True:
            try:
                if self.certificate.refresh():
                    log.info("certificate renewed")
            except (ssl.SSLError, OSError) as error:
                log.warning("certificate not renewed", extra={"error": str(error)})
            try:
                await self.look_at_certificates()
            except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
                log.warning("certificates not read", extra={"error": str(error)})
            await asyncio.sleep(CERTIFICATE_SECONDS)

    async def look_at_certificates(self) -> None:
        """Show those kept in the database, if they are others than before."""
        stamp = await self.database.perform(showing.stamp())
        if stamp != self.certificate.stamp:
            kept = await self.database.perform(showing.shown())
            self.certificate.show(kept, stamp)
            log.info("certificates read", extra={"count": len(kept)})


@asynccontextmanager
async def listening(name: str, serve: Serve) -> AsyncIterator[Process]:
    """Open the doors of a listener on the running loop; on leaving the block drain and close everything."""
    pool = make_pool(settings.MAIL_DB_CONNECTIONS)
    valkey = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    process = Process(
        name,
        Database(pool, valkey),
        Listener(settings.REDIS_URL),
        LiveContext(*best_pair()),
        Connections(name, settings.MAIL_MAX_CONNECTIONS, settings.MAIL_MAX_CONNECTIONS_PER_HOST),
    )
    # A database that is away must not keep the doors shut: commands answer "try again" until it is back.
    await pool.open(wait=False)
    try:
        process.spawn(process.hints.run())
        process.spawn(process.follow_certificate())
        await serve(process)
        yield process
    finally:
        process.stopping.set()
        for door in process.doors:
            door.close()
        await process.connections.drain(settings.MAIL_DRAIN_SECONDS)
        for close in reversed(process.closers):
            try:
                await close()
            except Exception:
                log.exception("closing failed")
        for task in tuple(process.tasks):
            task.cancel()
        await asyncio.gather(*process.tasks, return_exceptions=True)
        await valkey.aclose()
        await pool.close(timeout=2)


async def _run(name: str, serve: Serve) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with listening(name, serve) as process:
        answers = None
        if settings.MAIL_HEALTH_PORT:
            answers = await health.serve(settings.MAIL_HEALTH_PORT, process.ready)
        log.info("listening")
        await told.wait()
        log.info("draining", extra={"connections": len(process.connections)})
        if answers is not None:
            answers.close()
    log.info("stopped")


def run_listener(name: str, serve: Serve) -> None:
    """Run a listener process until SIGTERM; `serve` opens its doors and returns."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    our_logging.configure(os.environ.get("MAIL_PROCESS", name))
    django.setup()
    with suppress(KeyboardInterrupt):
        uvloop.run(_run(name, serve))
