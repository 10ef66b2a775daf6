"""Fetches a domain's policy: over HTTPS, from a host whose certificate holds, bounded in size and time (RFC 8461 3.3)."""

import contextlib
import functools
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass, field
from time import monotonic

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.mta_sts import MAX_BYTES, Policy, PolicyError, read_policy
from apps.protocols.mailauth.tls_sessions import TlsResult
from apps.protocols.smtp.targets import find_addresses

SECONDS = 15.0
AT_ONCE = 8
PATH = "/.well-known/mta-sts.txt"
HEADERS = {"Accept": "text/plain", "Accept-Encoding": "identity", "Connection": "close"}


class FetchError(Exception):
    """No policy could be had; `result` is what a TLS report calls it."""

    def __init__(self, result: TlsResult, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@functools.cache
def web_tls() -> ssl.SSLContext:
    """Return the context that trusts whom this machine trusts; made by who first needs it, for it takes a while."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches policies; one for a process."""

    resolver: Resolver
    port: int = 443
    tls: ssl.SSLContext | None = None
    seconds: float = SECONDS
    _busy: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    def fetch(self, domain: str) -> Policy:
        """Return the policy a domain publishes now; raises FetchError, after 15 seconds at the latest."""
        deadline = monotonic() + self.seconds
        if not self._busy.acquire(timeout=self.seconds):
            raise FetchError(TlsResult.FETCH_ERROR, "too many are being fetched")
        try:
            return read_policy(self._body(f"mta-sts.{domain}", deadline))
        except PolicyError as error:
            raise FetchError(TlsResult.POLICY_INVALID, str(error)) from None
        except ssl.SSLCertVerificationError as error:
            raise FetchError(TlsResult.WEBPKI_INVALID, error.verify_message) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = "it took too long" if monotonic() >= deadline else str(error) or type(error).__name__
            raise FetchError(TlsResult.FETCH_ERROR, reason) from None
        finally:
            self._busy.release()

    def _body(self, host: str, deadline: float) -> bytes:
        tls = self.tls or web_tls()
        plain = self._connected(host, deadline)
        sock = tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        # One clock for all of it: a server that sends a byte a second is cut off, too.
        watch = threading.Timer(max(0.0, deadline - monotonic()), _cut, [sock])
        watch.daemon = True
        watch.start()
        connection = http.client.HTTPConnection(host)
        connection.sock = sock
        try:
            sock.do_handshake()
            connection.request("GET", PATH, headers=HEADERS)
            answer = connection.getresponse()
            # A redirect is followed nowhere (RFC 8461 3.3): whoever may redirect could decide for the domain.
            if answer.status != http.client.OK:
                raise FetchError(TlsResult.FETCH_ERROR, f"HTTP status {answer.status}")
            if answer.headers.get_content_type() != "text/plain":
                raise FetchError(TlsResult.POLICY_INVALID, "it is not text/plain")
            body = answer.read(MAX_BYTES + 1)
            if monotonic() >= deadline or (answer.length and len(body) <= MAX_BYTES):
                raise FetchError(TlsResult.FETCH_ERROR, "it broke off")
            return body
        finally:
            watch.cancel()
            connection.close()
            sock.close()

    def _connected(self, host: str, deadline: float) -> socket.socket:
        addresses = self.resolver.run_sync(find_addresses(host)).texts
        last: OSError = OSError("the policy's host has no address")
        for address in addresses:
            try:
                ipaddress.ip_address(address)
                return socket.create_connection((address, self.port), max(0.1, deadline - monotonic()))
            except OSError as error:
                last = error
        raise last


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
