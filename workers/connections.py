"""The connections a listener process holds: counted, bounded, and asked to go when it stops."""

import asyncio
import logging
from collections import Counter
from typing import Protocol

import prometheus_client

log = logging.getLogger(__name__)

OPEN = prometheus_client.Gauge("mail_connections", "Connections open now.", ["listener"])
ENTERED = prometheus_client.Counter("mail_connections_entered", "Connections let in.", ["listener"])
TURNED_AWAY = prometheus_client.Counter(
    "mail_connections_turned_away", "Connections refused because there were too many.", ["listener", "limit"]
)


class Connection(Protocol):
    """What the process asks of a connection when it stops."""

    def drain(self) -> None:
        """Finish the command under way, say goodbye in the protocol's words, and close."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class Connections:
    """Everyone who is connected to this process."""

    def __init__(self, listener: str, most: int, most_per_host: int) -> None:
        self._most, self._most_per_host = most, most_per_host
        self._hosts: dict[Connection, str] = {}
        self._per_host: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._listener = listener
        self._open, self._entered = OPEN.labels(listener), ENTERED.labels(listener)

    def __len__(self) -> int:
        return len(self._hosts)

    def enter(self, connection: Connection, host: str) -> bool:
        """Count a connection in; False when there are too many, and then the door says so and closes."""
        limit = ""
        if len(self._hosts) >= self._most:
            limit = "process"
        elif self._per_host[host] >= self._most_per_host:
            limit = "host"
        if limit:
            TURNED_AWAY.labels(self._listener, limit).inc()
            return False
        self._hosts[connection] = host
        self._per_host[host] += 1
        self._empty.clear()
        self._open.inc()
        self._entered.inc()
        return True

    def leave(self, connection: Connection) -> None:
        """Count it out; harmless when it never entered."""
        host = self._hosts.pop(connection, None)
        if host is None:
            return
        self._per_host[host] -= 1
        if not self._per_host[host]:
            del self._per_host[host]
        self._open.dec()
        if not self._hosts:
            self._empty.set()

    async def drain(self, seconds: float) -> None:
        """Ask everyone to go, and after `seconds` close on those who did not."""
        for connection in tuple(self._hosts):
            try:
                connection.drain()
            except Exception:
                log.exception("drain failed")
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            log.warning("closing on connections that did not finish", extra={"connections": len(self)})
            for connection in tuple(self._hosts):
                try:
                    connection.abort()
                except Exception:
                    log.exception("abort failed")
