"""Fetches a domain's policy: over HTTPS, from a host whose certificate holds, bounded in size and time (RFC 8461 3.3)."""

import contextlib
import functools
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field
from time import monotonic

from apps.domains.reaching import may_reach
from apps.domains.resolver import Resolver
from apps.protocols.mailauth.mta_sts import MAX_BYTES, Policy, PolicyError, read_policy
from apps.protocols.mailauth.tls_sessions import TlsResult
from apps.protocols.smtp.targets import find_addresses

SECONDS = 15.0
LATE = "it took too long"
AT_ONCE = 8
PATH = "/.well-known/mta-sts.txt"
HEADERS = {"Accept": "text/plain", "Accept-Encoding": "identity", "Connection": "close"}


class FetchError(Exception):
    """No policy could be had; `result` is what a TLS report calls it, the text is for the report, `detail` for our log."""

    def __init__(self, result: TlsResult, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.result = result
        self.detail = detail or reason


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
            # The report goes to whoever runs the policy's host, and what our machine has to say of it is not theirs.
            reason = LATE if monotonic() >= deadline else _told(error)
            raise FetchError(TlsResult.FETCH_ERROR, reason, f"{type(error).__name__}: {error}") from None
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
        if not addresses:
            raise FetchError(TlsResult.FETCH_ERROR, "the policy's host has no address")
        public = [address for address in addresses if may_reach(address)]
        last: OSError | None = None
        for address in public:
            try:
                return socket.create_connection((address, self.port), max(0.1, deadline - monotonic()))
            except OSError as error:
                last = error
        raise last or FetchError(
            TlsResult.FETCH_ERROR, "the policy's host has no address in the Internet", ", ".join(addresses)
        )


def _told(error: Exception) -> str:
    match error:
        case http.client.HTTPException():
            return "the policy's host does not speak HTTP"
        case ssl.SSLError():
            return "TLS with the policy's host failed"
        case TimeoutError():
            return LATE
    return "the policy's host could not be reached"


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
