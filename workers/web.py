"""The web process: `python -m workers.web` serves pages and API, by TLS if MAIL_WEB_TLS says so."""

import asyncio
import contextlib
import logging
import os
import socket

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")

import uvicorn
import uvloop
from django.conf import settings

from workers.tls import LiveContext, certificate_paths

log = logging.getLogger(__name__)

CERTIFICATE_SECONDS = 30
BACKLOG = 2048
GRACE_SECONDS = 3


def hosts() -> list[str]:
    """Return the addresses to listen on."""
    return [host.strip() for host in settings.MAIL_WEB_BIND.split(",") if host.strip()]


def make_server(live: LiveContext | None) -> uvicorn.Server:
    """Return the server, yet to be given its sockets."""
    proxies = settings.MAIL_TRUSTED_PROXIES
    config = uvicorn.Config(
        "mailplatform.asgi:application",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        log_level="warning",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        ssl_context_factory=None if live is None else lambda _config, _default: live.context,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """Listen on one address of either family."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server((str(address[0]), port), family=family, backlog=BACKLOG)


async def _follow(live: LiveContext) -> None:
    """Show a renewed certificate to new connections."""
    while True:
        await asyncio.sleep(CERTIFICATE_SECONDS)
        try:
            if live.refresh():
                log.info("certificate renewed")
        except (OSError, ValueError) as error:
            log.warning("certificate not renewed", extra={"error": str(error)})


async def _serve() -> None:
    live = LiveContext(*certificate_paths()) if settings.MAIL_WEB_TLS else None
    if live is not None:
        live.context.set_alpn_protocols(["http/1.1"])
    sockets = [listen(host, settings.MAIL_WEB_PORT) for host in hosts()]
    following = asyncio.create_task(_follow(live)) if live is not None else None
    await make_server(live).serve(sockets=sockets)
    if following is not None:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
