"""The web process speaks TLS when asked, on every address it is given, and believes known proxies only."""

import asyncio
import ssl
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.certificates import make_pair
from workers import web
from workers.tls import LiveContext

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
PROXIED = (("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https"))


def ask(
    tls: LiveContext | None, *headers: tuple[str, str], path: str = "/livez", host: str = "127.0.0.1"
) -> str:
    """Start a server, ask it once, and stop it; return its answer."""

    async def main() -> str:
        listening = [web.listen(name, 0) for name in web.hosts()]
        server = web.make_server(tls)
        serving = asyncio.create_task(server.serve(sockets=listening))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
        context = None
        if tls is not None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = next(sock.getsockname()[1] for sock in listening if sock.getsockname()[0] == host)
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            *map(": ".join, headers),
            "",
            "",
        ]
        writer.write("\r\n".join(lines).encode())
        answer = (await reader.read()).decode()
        writer.close()
        server.should_exit = True
        await serving
        return answer

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def _loopback(settings: LazySettings) -> None:
    settings.MAIL_WEB_BIND = "127.0.0.1"
    settings.MAIL_TRUSTED_PROXIES = []


def test_it_works(settings: LazySettings) -> None:
    assert ask(None).startswith("HTTP/1.1 200")
    settings.MAIL_WEB_BIND = "127.0.0.1,127.0.0.2"
    assert ask(None, host="127.0.0.2").startswith("HTTP/1.1 200")


def test_tls_with_the_certificate_of_the_other_doors(tmp_path: Path) -> None:
    make_pair(tmp_path)
    live = LiveContext(tmp_path / "cert.pem", tmp_path / "key.pem")
    assert ask(live).startswith("HTTP/1.1 200")


def test_only_known_proxies_are_believed(settings: LazySettings) -> None:
    assert ask(None, *PROXIED, path="/api/v1/").startswith("HTTP/1.1 403")
    settings.MAIL_TRUSTED_PROXIES = ["127.0.0.0/8"]
    assert ask(None, *PROXIED, path="/api/v1/").startswith("HTTP/1.1 401")
    # A proxy that was itself asked without TLS says so, and the rest of the way was in the clear.
    assert ask(None, PROXIED[0], ("X-Forwarded-Proto", "http"), path="/api/v1/").startswith("HTTP/1.1 403")
