"""/livez, /readyz and /metrics of a process that has no other web port.

A listener answers on its own loop, so that a loop that hangs is seen; a Celery process answers on a thread.
Both bind to MAIL_HEALTH_BIND, which is loopback unless a monitor elsewhere is to ask.
"""

import asyncio
import http.server
import json
import logging
import threading
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.db import close_old_connections
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.events.health import OK, Health, check

log = logging.getLogger(__name__)

REQUEST_SECONDS = 5

type Answer = tuple[int, str, bytes]


def _answer(path: str, ready: Health | None) -> Answer:
    match path.partition("?")[0]:
        case "/livez":
            return 200, "text/plain; charset=utf-8", b"ok\n"
        case "/readyz":
            assert ready is not None
            status = 200 if all(word == OK for word in ready.values()) else 503
            return status, "application/json", json.dumps(ready).encode() + b"\n"
        case "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        case _:
            return 404, "text/plain; charset=utf-8", b"not here\n"


def _is_readyz(path: str) -> bool:
    return path.partition("?")[0] == "/readyz"


async def serve(port: int, ready: Callable[[], Awaitable[Health]]) -> asyncio.Server:
    """Answer on the running loop."""

    async def _handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                words = (await reader.readline()).split()
                while (await reader.readline()).strip():
                    pass
                path = words[1].decode("latin-1") if len(words) > 1 else ""
                status, kind, body = _answer(path, await ready() if _is_readyz(path) else None)
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            log.debug("health request broken off")
        finally:
            writer.close()

    return await asyncio.start_server(_handle, settings.MAIL_HEALTH_BIND, port, limit=8192)


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        close_old_connections()
        status, kind, body = _answer(self.path, check() if _is_readyz(self.path) else None)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        log.debug(format, *args)


def serve_in_thread(port: int) -> http.server.HTTPServer:
    """Answer on a thread of its own; for processes whose main thread is Celery's."""
    server = http.server.HTTPServer((settings.MAIL_HEALTH_BIND, port), _Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
