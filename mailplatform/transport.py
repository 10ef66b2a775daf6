"""No secrets in the clear: what may travel without TLS, and cookies that never do.

Without TLS, pages and API answer on this machine only; over the network they would carry passwords, sessions and tokens
for everybody on the way to read. Cookies that were given out by TLS are never sent without it. Around Django, so that
it holds for every page, and for WebSockets.
"""

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Any, Any, Any], Awaitable[None]]

# Machines ask these, and learn nothing that is a secret.
HEALTH = frozenset({"/livez", "/readyz"})
# An authority asks without TLS, for it is about to give us the certificate.
CHALLENGES = "/.well-known/acme-challenge/"
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"forwarded")
REFUSAL = (
    b"This site is not read without TLS. Use https://, or, if you run this server, see MAIL_WEB_TLS and "
    b"MAIL_TRUSTED_PROXIES in docs/operator.md.\n"
)


class SafeTransport:
    """An application that answers by TLS, or to this machine; `plaintext` lets it answer everybody."""

    def __init__(self, application: Application, *, plaintext: bool = False) -> None:
        self._application = application
        self._plaintext = plaintext

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
        elif scope.get("scheme") in {"https", "wss"}:
            await self._application(scope, receive, _secure_cookies(send))
        elif (
            self._plaintext
            or is_this_machine(scope)
            or scope["path"] in HEALTH
            or scope["path"].startswith(CHALLENGES)
        ):
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(REFUSAL)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})


def is_this_machine(scope: Scope) -> bool:
    """Whether a request comes from this machine, and not through a proxy on it that is not known."""
    if any(name in FORWARDED for name, _ in scope.get("headers", ())):
        return False
    try:
        peer = ipaddress.ip_address((scope.get("client") or ("",))[0])
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


def _secure_cookies(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.accept"}:
            message["headers"] = [
                (name, _secured(value) if name.lower() == b"set-cookie" else value)
                for name, value in message.get("headers", ())
            ]
        await send(message)

    return secured


def _secured(cookie: bytes) -> bytes:
    attributes = {part.strip().lower() for part in cookie.split(b";")[1:]}
    return cookie if b"secure" in attributes else cookie + b"; Secure"
