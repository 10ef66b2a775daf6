"""How often a network may be wrong about an account, before it is not listened to for a while.

Failures are counted per network (/24, /64) and account, the same wrong password once, and forgotten after
MAIL_SIGN_IN_WINDOW: a phone with an old password never locks its user out, and a stranger elsewhere cannot.
An attempt counts from before its password is checked, so that a thousand at once are no way around.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from apps.vault.secrets import keyed_hash_with

from . import sql

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, already counted as a failure; `forgive` it when it was none."""

    network: str
    login: bytes
    fingerprint: bytes
    retry_after: float | None = None

    @property
    def may_go_on(self) -> bool:
        """Whether the password may be checked."""
        return self.retry_after is None

    def forgive(self) -> None:
        """Forget it: the password was right."""
        _run(sql.FORGET_FAILURE, self._parameters())

    def _parameters(self) -> dict[str, Any]:
        return {"network": self.network, "login": self.login, "fingerprint": self.fingerprint}


def address_of(peer: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read a peer's address, without zone and as IPv4 where it is mapped; None for a local socket."""
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def network_of(peer: str | None) -> str:
    """Return the network a peer is counted in: /24, /64, or `local` where there is no address."""
    if (address := address_of(peer)) is None:
        return LOCAL
    width = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, width), strict=False))


def begin(*, key: bytes, login: str, secret: str, peer: str | None, network: str = "") -> Attempt:
    """Count an attempt and say whether it may go on; `key` is for keyed hashes.

    `network` stands in for the peer's where guesses count wherever they come from.
    """
    login_bytes, secret_bytes = (text.encode("utf-8", "surrogatepass") for text in (login, secret))
    attempt = Attempt(
        network or network_of(peer),
        keyed_hash_with(key, b"login", login_bytes),
        keyed_hash_with(key, b"failure", login_bytes, secret_bytes),
    )
    window = timedelta(seconds=settings.MAIL_SIGN_IN_WINDOW)
    parameters = attempt._parameters() | {"window": window}  # noqa: SLF001  # its own module
    with connection.cursor() as cursor:
        cursor.execute(sql.REMEMBER_FAILURE, parameters)
        is_new = cursor.fetchone() is not None
        cursor.execute(sql.COUNT_FAILURES, parameters)
        of_account, of_network, account_age, network_age = cursor.fetchone()
    if of_account > settings.MAIL_SIGN_IN_FAILURES:
        age = account_age
    elif of_network > settings.MAIL_SIGN_IN_NETWORK_FAILURES:
        age = network_age
    else:
        return attempt
    if is_new:
        # Not checked, so it adds nothing: the wait ends when it would have ended.
        attempt.forgive()
    retry_after = max(1.0, window.total_seconds() - (age or 0.0))
    return Attempt(attempt.network, attempt.login, attempt.fingerprint, retry_after)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords within the window: how many, from how many networks, and how many of those have to wait."""

    count: int
    networks: int
    shut_out: int


def window() -> timedelta:
    """Return for how long a wrong password counts."""
    return timedelta(seconds=settings.MAIL_SIGN_IN_WINDOW)


def recent_failures() -> Failures:
    """Count them, for people who look after the platform: whose password was wrong is not known here."""
    limits: dict[str, Any] = {
        "window": window(),
        "of_account": settings.MAIL_SIGN_IN_FAILURES,
        "of_network": settings.MAIL_SIGN_IN_NETWORK_FAILURES,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.RECENT_FAILURES, limits)
        return Failures(*cursor.fetchone())


def forget_expired(*, limit: int = 1000) -> None:
    """Drop failures that no longer count."""
    window = timedelta(seconds=settings.MAIL_SIGN_IN_WINDOW)
    _run(sql.FORGET_EXPIRED, {"window": window, "limit": limit})


def _run(statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
