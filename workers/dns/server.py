"""The name server's doors: datagrams and streams, each question one look into the database, remembered for seconds.

Anybody may ask, and who asks by UDP may be a lie. So a network that asks often is answered briefly, "ask by TCP", which
is no larger than the question and which somebody who only pretends to be there cannot follow; and more questions at once
than can be looked up are dropped, as a resolver expects it of a busy server.
"""

import asyncio
import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import psycopg
import psycopg_pool
from django.conf import settings

from apps.domains import zone
from workers.lifecycle import Process

log = logging.getLogger(__name__)

KEEP_SECONDS = 10.0
MOST_KEPT = 10_000
MOST_AT_ONCE = 200
OFTEN = 50
"""Answers a second for one network before it is told to ask by TCP."""
TCP_SECONDS = 10.0
MOST_TCP = 200
MOST_WIRE = 4096


class NameServer:
    """Answers questions, however they came."""

    def __init__(self, process: Process, *, now: Callable[[], float]) -> None:
        self._database = process.database
        self._now = now
        self._zone = settings.MAIL_DKIM_ZONE.lower()
        self._hostname = settings.MAIL_HOSTNAME.lower()
        self._kept: dict[tuple[str, str], tuple[str, float]] = {}
        self._asked: Counter[str] = Counter()
        self._second = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams = 0

    async def answer(self, wire: bytes, *, is_tcp: bool, is_brief: bool = False) -> bytes | None:
        """Answer one question; None for silence."""
        asked = zone.read(wire)
        if asked is None:
            return None
        text = ""
        if not is_brief and (slot := zone.slot_asked(asked, self._zone)) is not None:
            try:
                text = await self._text(slot)
            except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
                # Silence makes the resolver ask again; "no such data" would be remembered.
                log.warning("key not looked up", extra={"error": str(error)})
                return None
        return zone.answer(
            asked,
            text,
            zone=self._zone,
            hostname=self._hostname,
            serial=int(self._now()) // 60,
            is_tcp=is_tcp,
            is_brief=is_brief,
        )

    async def _text(self, slot: tuple[str, str]) -> str:
        known = self._kept.get(slot)
        if known is not None and known[1] > self._now():
            return known[0]
        text = await self._database.perform(zone.text_of(*slot))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[slot] = text, self._now() + KEEP_SECONDS
        return text

    def datagram(self, wire: bytes, peer: Any, send: Callable[[bytes, Any], None]) -> None:
        """Take a question that came by UDP."""
        if len(self._tasks) >= MOST_AT_ONCE or len(wire) > MOST_WIRE:
            return
        task = asyncio.get_running_loop().create_task(self._reply(wire, peer, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, wire: bytes, peer: Any, send: Callable[[bytes, Any], None]) -> None:
        try:
            reply = await self.answer(wire, is_tcp=False, is_brief=self._is_often(peer[0]))
        except Exception:
            log.exception("question not answered")
            return
        if reply is not None:
            send(reply, peer)

    def _is_often(self, address: str) -> bool:
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._asked.clear()
        network = _network(address)
        self._asked[network] += 1
        return self._asked[network] > OFTEN

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the questions of one connection (RFC 7766)."""
        if self._streams >= MOST_TCP:
            writer.close()
            return
        self._streams += 1
        try:
            while True:
                async with asyncio.timeout(TCP_SECONDS):
                    length = int.from_bytes(await reader.readexactly(2))
                    wire = await reader.readexactly(length)
                    reply = await self.answer(wire, is_tcp=True) if length <= MOST_WIRE else None
                    if reply is None:
                        break
                    writer.write(len(reply).to_bytes(2) + reply)
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception:
            log.exception("question not answered")
        finally:
            self._streams -= 1
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Uvloop's is one in all but its class.
        self._send = cast("asyncio.DatagramTransport", transport).sendto

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._server.datagram(data, addr, self._send)


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))


async def open_doors(process: Process, *, now: Callable[[], float]) -> None:
    """Listen by UDP and TCP on every address of MAIL_BIND."""
    loop, server = asyncio.get_running_loop(), NameServer(process, now=now)
    transports = []
    for host in settings.MAIL_BIND.split(","):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(server),
            local_addr=(host.strip(), settings.MAIL_DKIM_PORT),
            family=family,
            reuse_port=True,
        )
        transports.append(transport)
    await process.open_door(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=2 * MOST_WIRE), server.stream),
        settings.MAIL_DKIM_PORT,
    )

    async def _close() -> None:
        for transport in transports:
            transport.close()

    process.on_stop(_close)
