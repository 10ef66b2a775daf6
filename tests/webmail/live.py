"""The web process on loopback, as uvicorn serves it, and a server that counts who comes to it."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn
from django.db import connections

from mailplatform.asgi import application as application_of_ours

type Documents = dict[str, tuple[str, dict[str, str]]]


def _with(documents: Documents) -> Any:
    """Return the pages with documents of a test in front of them.

    They come from a real server, for a browser lets a document that came from nowhere ask nothing of loopback: a canary
    that hears nothing then proves nothing.
    """
    pages: Any = application_of_ours

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found = documents.get(scope.get("path", ""))
        if found is None:
            await pages(scope, receive, send)
            return
        html, headers = found
        said = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **headers}
        wire = [(name.encode(), value.encode()) for name, value in said.items()]
        await send({"type": "http.response.start", "status": 200, "headers": wire})
        body = f"<!doctype html>{html}".encode("utf-8", "replace")
        await send({"type": "http.response.body", "body": body})

    return application


@contextlib.contextmanager
def serving_web(documents: Documents | None = None) -> Iterator[str]:
    """Serve the pages while the block runs, and a test's own documents by their path; gives the address.

    Its threads end with their requests, and so must their connections: the test database is dropped after this.
    """
    database = connections.settings["default"]
    kept, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        server = uvicorn.Server(
            uvicorn.Config(_with({} if documents is None else documents), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
    database["CONN_MAX_AGE"] = kept


class _Canary(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


class Canary(ThreadingHTTPServer):
    """Whoever fetches anything from here betrays the reader."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Canary)
        self.seen: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def armed(self, source: str) -> str:
        """Let a corpus file point here."""
        return source.replace("CANARYHOST", self.host).replace("CANARY", f"http://{self.host}")


@contextlib.contextmanager
def canary() -> Iterator[Canary]:
    """Run a canary while the block runs."""
    with Canary() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
