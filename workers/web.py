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
from django.db import DatabaseError, connection

from apps.domains.certificates import showing
from apps.events.transactions import ask
from workers.tls import LiveContext, best_pair

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
    """Show a renewed certificate to new connections, and those kept in the database."""
    while True:
        try:
            if live.refresh():
                log.info("certificate renewed")
        except (OSError, ValueError) as error:
            log.warning("certificate not renewed", extra={"error": str(error)})
        try:
            await asyncio.to_thread(look_at_certificates, live)
        except DatabaseError as error:
            log.warning("certificates not read", extra={"error": str(error)})
        await asyncio.sleep(CERTIFICATE_SECONDS)


def look_at_certificates(live: LiveContext) -> None:
    """Show those kept in the database, if they are others than before."""
    try:
        stamp = ask(showing.stamp())
        if stamp != live.stamp:
            live.show(ask(showing.shown()), stamp)
    finally:
        connection.close()


async def _serve_challenges() -> None:
    """Answer an authority's questions without TLS, on a port of their own; pages by it are refused to the network."""
    sockets = [listen(host, settings.MAIL_ACME_HTTP_PORT) for host in hosts()]
    await make_server(None).serve(sockets=sockets)


async def _serve() -> None:
    live = LiveContext(*best_pair(), alpn=["http/1.1"]) if settings.MAIL_WEB_TLS else None
    sockets = [listen(host, settings.MAIL_WEB_PORT) for host in hosts()]
    following = asyncio.create_task(_follow(live)) if live is not None else None
    server = make_server(live)
    aside = None
    if settings.MAIL_ACME_HTTP_PORT:
        aside = asyncio.create_task(_serve_challenges())
    await server.serve(sockets=sockets)
    if aside is not None:
        await aside  # It hears the same signal.
    if following is not None:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
