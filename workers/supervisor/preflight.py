"""Look before starting: whatever is wrong with a setting is said in one line that names it."""

import contextlib
import datetime as dt
import errno
import ipaddress
import os
import signal
import socket
import time
from pathlib import Path

import psycopg
from django.conf import settings

from apps.domains.certificates.files import certificate_paths
from apps.events.database import connection_arguments
from apps.protocols.mailauth.blocklists import ListError, read_lists
from apps.protocols.smtp.routes import RouteError, parse_routes
from workers.tls import CertificateError, check_pair

from .errors import CannotStart
from .programs import MARK, processes

DOORS = ("WEB", "ACME_HTTP", "SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS")
OLDEST_POSTGRES = 15
CONNECT_SECONDS = 5
LEFTOVER_SECONDS = 5


def check_all() -> None:
    """Every check; raises CannotStart at the first that fails."""
    check_routes()
    check_blocklists()
    check_certificate()
    check_ports()
    check_database()
    check_valkey()


def check_routes() -> None:
    """MAIL_ROUTES can be read."""
    try:
        parse_routes(settings.MAIL_ROUTES)
    except RouteError as error:
        raise CannotStart(f"MAIL_ROUTES: {error}") from None


def check_blocklists() -> None:
    """MAIL_BLOCKLISTS can be read."""
    try:
        read_lists(settings.MAIL_BLOCKLISTS)
    except ListError as error:
        raise CannotStart(f"MAIL_BLOCKLISTS: {error}") from None


def check_directory() -> None:
    """The state directory can be made and written to."""
    directory = Path(settings.MAIL_STATE_DIR)
    probe = directory / f".probe.{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink(missing_ok=True)  # Another container has our pid, and a probe of this name.
    except OSError as error:
        raise CannotStart(f"MAIL_STATE_DIR: {directory} cannot be written to: {error.strerror}") from None


def check_ports() -> None:
    """Every port is free on every address, and no two doors have the same."""
    wanted = [
        (f"MAIL_{door}_PORT", port) for door in DOORS if (port := getattr(settings, f"MAIL_{door}_PORT"))
    ]
    tries = [(name, host, port) for name, port in wanted for host in _hosts(name)]
    tries += [
        ("MAIL_HEALTH_PORT_BASE", "127.0.0.1", process.health_port)
        for process in processes()
        if process.health_port != settings.MAIL_WEB_PORT
    ]
    seen: dict[tuple[str, int], str] = {}
    for name, host, port in tries:
        if other := seen.get((host, port)):
            raise CannotStart(f"{name}: port {port} is {other} already")
        seen[host, port] = name
        _try(name, host, port)


def _bind(name: str) -> str:
    """Return the setting that says where a door listens."""
    is_apart = (
        name in {"MAIL_WEB_PORT", "MAIL_ACME_HTTP_PORT"} and settings.MAIL_WEB_BIND != settings.MAIL_BIND
    )
    return "MAIL_WEB_BIND" if is_apart else "MAIL_BIND"


def _hosts(name: str) -> list[str]:
    return [host.strip() for host in getattr(settings, _bind(name)).split(",")]


def warnings() -> list[str]:
    """Return what works and yet is hardly meant, a line each."""
    return [*certificate_warnings(), *_web_warnings()]


def _web_warnings() -> list[str]:
    if settings.MAIL_WEB_TLS or settings.MAIL_TRUSTED_PROXIES or not _is_open(_hosts("MAIL_WEB_PORT")):
        return []
    if settings.MAIL_PLAINTEXT_AUTH:
        return [
            "MAIL_PLAINTEXT_AUTH: pages and API answer the network without TLS; passwords can be read on the way"
        ]
    line = (
        f"{_bind('MAIL_WEB_PORT')}: pages and API listen to the network without TLS and answer this machine only; set "
        "MAIL_WEB_TLS=1, or MAIL_TRUSTED_PROXIES to the proxy that adds TLS"
    )
    return [line]


def _is_open(hosts: list[str]) -> bool:
    """Whether others than this machine can reach one of these."""
    for host in hosts:
        try:
            if not ipaddress.ip_address(host).is_loopback:
                return True
        except ValueError:
            if host != "localhost":
                return True
    return False


def _try(name: str, host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise CannotStart(f"{_bind(name)}: {host!r} is not an address of this machine") from None
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            trial.bind(address)
        except OSError as error:
            match error.errno:
                case errno.EADDRINUSE:
                    reason = f"{name}: port {port} on {host} is taken"
                case errno.EACCES:
                    reason = f"{name}: port {port} needs more rights than we have"
                case errno.EADDRNOTAVAIL:
                    reason = f"{_bind(name)}: {host} is not an address of this machine"
                case _:
                    reason = f"{name}: port {port} on {host}: {error.strerror}"
            raise CannotStart(reason) from None


def check_database() -> None:
    """DATABASE_URL, when given, leads to a PostgreSQL that is new enough."""
    if not settings.DATABASE_URL:
        return
    try:
        with psycopg.connect(**{**connection_arguments(), "connect_timeout": CONNECT_SECONDS}) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
        raise CannotStart(f"DATABASE_URL: the database cannot be reached: {reason}") from None
    if version < OLDEST_POSTGRES:
        raise CannotStart(
            f"DATABASE_URL: PostgreSQL {version} is too old; {OLDEST_POSTGRES} or newer is needed"
        )


def check_valkey() -> None:
    """REDIS_URL, when given, leads to a server that answers."""
    if settings.EMBEDDED_VALKEY:
        return
    import redis  # 6 MB that the supervisor of an embedded server need not hold.

    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=5
        ) as client:
            client.ping()
    except (redis.exceptions.RedisError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CannotStart(f"REDIS_URL: the server cannot be reached: {reason}") from None


def check_certificate() -> None:
    """A key without a certificate is a mistake; what else may be wrong with them is warned of, and mail flows."""
    if settings.MAIL_TLS_KEY and not settings.MAIL_TLS_CERTIFICATE:
        raise CannotStart("MAIL_TLS_KEY: given without MAIL_TLS_CERTIFICATE")


def certificate_warnings() -> list[str]:
    """Return what is wrong with the certificate given, and what is shown meanwhile."""
    if not settings.MAIL_TLS_CERTIFICATE:
        return []
    try:
        check_pair(*certificate_paths(), dt.datetime.now(dt.UTC))
    except CertificateError as error:
        is_shown = "expired" in str(error)
        return [str(error) + ("" if is_shown else "; the server's own certificate is shown instead")]
    return []


def end_leftovers() -> None:
    """End processes that outlived a supervisor that was killed; call it while holding the lock."""
    mark = f"{MARK}={settings.MAIL_STATE_DIR}".encode()
    left = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                left.append(int(entry.name))
    deadline = time.monotonic() + LEFTOVER_SECONDS
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while left and time.monotonic() < deadline:
            left = [pid for pid in left if Path(f"/proc/{pid}/exe").exists()]
            time.sleep(0.05)
