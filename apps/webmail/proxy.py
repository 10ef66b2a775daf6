"""Fetches a picture for a reader, so that its sender learns neither who nor where they are.

Whoever can make us fetch can try to reach what only we can reach. So a name is resolved by our resolver first, every
address is judged after that, the connection goes to exactly the address that was judged, and so does each redirect.
"""

import asyncio
import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin, urlsplit

from apps.domains.resolver import Resolver
from apps.protocols.mime.sniff import ENOUGH, PICTURES, sniff
from apps.protocols.reach import IpAddress, Network, is_reachable
from apps.protocols.smtp.targets import find_addresses

LONGEST = 5 * 1024 * 1024
SECONDS = 10.0
REDIRECTS = 3
AT_ONCE = 8
PORTS = {"http": 80, "https": 443}
HEADERS = {
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "User-Agent": "Mozilla/5.0 (image proxy)",
    "Connection": "close",
}

_busy = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Picture:
    """What was fetched."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was fetched; for our log."""

    reason: str


class _RefusedError(Exception):
    """Leaves the fetch from wherever it is."""


class Proxy:
    """Fetches pictures; one for a process."""

    def __init__(self, resolver: Resolver, allow: Sequence[Network] = ()) -> None:
        self._resolver = resolver
        self._allow = tuple(allow)
        self._tls = ssl.create_default_context()

    def fetch(self, url: str, *, seconds: float = SECONDS) -> Picture | Refused:
        """Fetch a picture; never raises, and takes hardly longer than told."""
        deadline = monotonic() + seconds
        # A newsletter asks for all its pictures at once, and so may several readers: the later ones wait.
        if not _busy.acquire(timeout=seconds):
            return Refused("too many are being fetched")
        try:
            for _ in range(REDIRECTS + 1):
                found = self._once(url, deadline)
                if not isinstance(found, str):
                    return found
                url = urljoin(url, found)
            return Refused("too many redirects")
        except _RefusedError as error:
            return Refused(str(error))
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Refused(f"{type(error).__name__}: {error}")
        finally:
            _busy.release()

    def _once(self, url: str, deadline: float) -> Picture | str:
        """Fetch a picture, or return where it has gone."""
        split = urlsplit(url)
        host, default = (split.hostname or "").rstrip("."), PORTS.get(split.scheme)
        if default is None or not host:
            raise _RefusedError("not an address of the web")
        port = split.port or default
        sock = self._connected(host, port, deadline)
        if split.scheme == "https":
            sock = self._tls.wrap_socket(sock, server_hostname=_ascii(host), do_handshake_on_connect=False)
        # One clock for all of it: a server that sends a byte a second is cut off, too.
        watch = threading.Timer(max(0.0, deadline - monotonic()), _cut, [sock])
        watch.daemon = True
        watch.start()
        with sock:
            try:
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                connection = http.client.HTTPConnection(host, port)
                connection.sock = sock
                target = (split.path or "/") + (f"?{split.query}" if split.query else "")
                connection.request("GET", _target(target), headers={"Host": _host(split.netloc), **HEADERS})
                return _answer(connection.getresponse(), deadline)
            finally:
                watch.cancel()

    def _connected(self, host: str, port: int, deadline: float) -> socket.socket:
        error: OSError | None = None
        for address in self._addresses(host, port, deadline):
            left = deadline - monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((str(address), port), timeout=min(left, SECONDS / 2))
            except OSError as failed:
                error = failed
        raise error or _RefusedError("out of time")

    def _addresses(self, host: str, port: int, deadline: float) -> list[IpAddress]:
        """Resolve a host; all of its addresses must be good, or it is up to something."""
        try:
            found: list[IpAddress] = [ipaddress.ip_address(host)]
        except ValueError:
            # A loop of its own, for only its driver has a deadline for all that is asked.
            inquiry = self._resolver.run(
                find_addresses(_ascii(host)), seconds=max(0.1, deadline - monotonic())
            )
            found = [ipaddress.ip_address(text) for text in asyncio.run(inquiry).texts]
        if not found:
            raise _RefusedError("the host has no address")
        if not all(is_reachable(address, self._allow) for address in found):
            raise _RefusedError("the host is not on the public Internet")
        allowed = any(found[0] in net for net in self._allow if net.version == found[0].version)
        if port not in PORTS.values() and not allowed:
            raise _RefusedError("not a port of the web")
        return found[:4]


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _target(target: str) -> str:
    """Escape what may not stand in a request line."""
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode()) for c in target)


def _host(netloc: str) -> str:
    return _ascii(netloc.rpartition("@")[2])


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _answer(response: http.client.HTTPResponse, deadline: float) -> Picture | str:
    if response.status in {301, 302, 303, 307, 308}:
        location = response.getheader("Location", "")
        if not location:
            raise _RefusedError("a redirect to nowhere")
        return location
    if response.status != 200:
        raise _RefusedError(f"answered {response.status}")
    if (length := response.getheader("Content-Length", "")).isdigit() and int(length) > LONGEST:
        raise _RefusedError("too large")
    data = bytearray()
    while piece := response.read1(64 * 1024):
        data += piece
        if len(data) > LONGEST:
            raise _RefusedError("too large")
        if len(data) >= ENOUGH and sniff(bytes(data[:ENOUGH])) not in PICTURES:
            raise _RefusedError("not a picture")
        if monotonic() > deadline:
            raise _RefusedError("out of time")
    if monotonic() > deadline:
        raise _RefusedError("out of time")
    media_type = sniff(bytes(data[:ENOUGH]))
    if media_type not in PICTURES:
        raise _RefusedError("not a picture")
    return Picture(bytes(data), media_type)
