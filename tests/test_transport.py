"""Without TLS, pages answer this machine only; cookies given out by TLS are never sent without it."""

import asyncio
from typing import Any

import pytest

from mailplatform.transport import REFUSAL, Message, Receive, SafeTransport, Scope, Send


async def page(scope: Scope, _receive: Receive, send: Send) -> None:
    """A page that sets two cookies."""
    headers = [(b"set-cookie", b"sessionid=x; HttpOnly"), (b"Set-Cookie", b"a=b; secure"), (b"x", b"y")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def ask(
    scheme: str = "http",
    client: tuple[str, int] | None = ("127.0.0.1", 5),
    plaintext: bool = False,
    **more: Any,
) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "scheme": scheme, "client": client, "headers": [], "path": "/"} | more
    asyncio.run(SafeTransport(page, plaintext=plaintext)(scope, receive, send))
    return sent


def status(**how: Any) -> int:
    return int(ask(**how)[0]["status"])


def test_it_works() -> None:
    start, body = ask("https", ("192.0.2.1", 5))
    assert start["headers"] == [
        (b"set-cookie", b"sessionid=x; HttpOnly; Secure"), (b"Set-Cookie", b"a=b; secure"), (b"x", b"y")
    ]  # fmt: skip
    assert body["body"] == b"hello"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_tls(host: str) -> None:
    start, _ = ask(client=(host, 5))
    assert start["status"] == 200
    assert start["headers"][0] == (b"set-cookie", b"sessionid=x; HttpOnly")


@pytest.mark.parametrize("client", [("192.0.2.1", 5), ("::ffff:192.0.2.1", 5), ("unknown", 0), None])
def test_others_do(client: tuple[str, int] | None) -> None:
    start, body = ask(client=client)
    assert (start["status"], body["body"]) == (403, REFUSAL)
    assert status(client=client, plaintext=True) == 200
    assert status(client=client, path="/readyz") == 200
    [closed] = ask("ws", client, type="websocket")
    assert closed["type"] == "websocket.close"


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"])
def test_what_comes_through_an_unknown_proxy_is_not_of_this_machine(name: bytes) -> None:
    assert status(headers=[(name, b"https")]) == 403


def test_the_rest_of_asgi_passes() -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
            seen.append(scope["type"])

        async def nothing(*_: Any) -> Any:
            return {}

        await SafeTransport(application)({"type": "lifespan"}, nothing, nothing)
        return seen

    assert asyncio.run(main()) == ["lifespan"]
