"""An HTTPS server of the outside world that publishes MTA-STS policies, well or badly."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/.well-known/mta-sts.txt"


@dataclass
class Publisher:
    """What is answered, and what was asked."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    by_host: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said: Publisher = self.server.publisher  # type: ignore[attr-defined]
        said.asked.append((self.headers["Host"], self.path))
        self.send_response(said.status)
        self.send_header("Content-Type", said.content_type)
        body = said.by_host.get(self.headers["Host"], said.body)
        self.send_header("Content-Length", str(len(body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for byte in body if said.pause else [body]:
            time.sleep(said.pause)
            self.wfile.write(byte if isinstance(byte, bytes) else bytes([byte]))

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def publishing(
    publisher: Publisher, tls: ssl.SSLContext, host: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Answer while the block runs; gives the port."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self):  # type: ignore[no-untyped-def]
            # The handshake is the connection's own thread's to do, with its first read.
            sock, address = self.socket.accept()
            return tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server((host, port), _Handler)
    server.publisher = publisher  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
