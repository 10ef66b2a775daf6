"""Environment variables, declared once: name, type, default and a sentence on when to change it.

The table in README.md is made from `SETTINGS`, so what is documented and what is read cannot differ.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class SettingError(ValueError):
    """A setting that cannot be used; its text is one line that names the setting."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    help: str


SETTINGS: dict[str, Setting] = {}


def _read[T](name: str, default: str, help: str, parse: Callable[[str], T], what: str) -> T:  # noqa: A002
    SETTINGS[name] = Setting(name, default, help)
    raw = os.environ.get(name, "").strip() or default
    try:
        return parse(raw)
    except ValueError as error:
        raise SettingError(f"{name}={raw!r} is not {what}: {error}") from None


def text(name: str, default: str, help: str) -> str:  # noqa: A002
    """Read a plain text setting."""
    return _read(name, default, help, str, "text")


def secret(name: str, default: str, help: str) -> str:  # noqa: A002
    """Read text that better stays out of the environment: NAME_FILE may name a file that holds it."""
    path = text(f"{name}_FILE", "", f"A file that holds {name}, such as a container's secret.")
    if path and not os.environ.get(name, "").strip():
        try:
            kept = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise SettingError(f"{name}_FILE: {path} cannot be read: {reason}") from None
        text(name, default, help)
        return kept
    return text(name, default, help)


def integer(name: str, default: int, help: str, *, least: int = 0, most: int = 2**62) -> int:  # noqa: A002
    """Read a whole number between `least` and `most`."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not least <= value <= most:
            raise ValueError(f"give a number from {least} to {most}")
        return value

    return _read(name, str(default), help, parse, "a usable number")


def port(name: str, default: int, help: str, *, most: int = 65535) -> int:  # noqa: A002
    """Read a TCP port."""
    return integer(name, default, help, least=1, most=most)


def seconds(name: str, default: float, help: str, *, least: float = 0) -> float:  # noqa: A002
    """Read a span of time in seconds."""

    def parse(raw: str) -> float:
        value = float(raw)
        if not least <= value <= 10**9:
            raise ValueError(f"give a number of seconds, {least:g} or more")
        return value

    return _read(name, f"{default:g}", help, parse, "a span of time")


def switch(name: str, default: str, help: str) -> bool:  # noqa: A002
    """Read an on/off setting: 1, true, yes, on or 0, false, no, off."""

    def parse(raw: str) -> bool:
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise ValueError("give 1 or 0")

    return _read(name, default, help, parse, "a switch")


def choice(name: str, default: str, options: tuple[str, ...], help: str) -> str:  # noqa: A002
    """Read one of a few words, in any case."""

    def parse(raw: str) -> str:
        for option in options:
            if raw.lower() == option.lower():
                return option
        raise ValueError(f"give one of {', '.join(options)}")

    return _read(name, default, help, parse, "one of the choices")


def host_name(name: str, default: str, help: str) -> str:  # noqa: A002
    """Read the name of a host, in ASCII; nothing where the default is nothing."""

    def parse(raw: str) -> str:
        if not raw and not default:
            return raw
        label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        if len(raw) > 253 or not re.fullmatch(rf"{label}(\.{label})*", raw):
            raise ValueError("give letters, digits, hyphens and dots (xn-- for others)")
        return raw

    return _read(name, default, help, parse, "a host name")


def words(name: str, default: str, help: str) -> list[str]:  # noqa: A002
    """Read a comma-separated list."""
    return _read(name, default, help, lambda raw: [w.strip() for w in raw.split(",") if w.strip()], "a list")


def servers(name: str, default: str, help: str) -> list[str]:  # noqa: A002
    """Read a comma-separated list of IP addresses, each with a port or without."""

    def parse(raw: str) -> list[str]:
        entries = [entry.strip() for entry in raw.split(",") if entry.strip()]
        for entry in entries:
            found = re.fullmatch(
                r"\[(?P<six>[^]]+)\](:(?P<p6>\d{1,5}))?|(?P<four>[^:]+)(:(?P<p4>\d{1,5}))?", entry
            )
            host, port = (
                (found["six"] or found["four"], found["p6"] or found["p4"]) if found else (entry, None)
            )
            ipaddress.ip_address(host)
            if port is not None and not 1 <= int(port) <= 65535:
                raise ValueError(f"{port} is not a port")
        return entries

    return _read(name, default, help, parse, "a list of addresses")


def networks(name: str, default: str, help: str) -> list[str]:  # noqa: A002
    """Read a comma-separated list of IP addresses and networks."""

    def parse(raw: str) -> list[str]:
        entries = [entry.strip() for entry in raw.split(",") if entry.strip()]
        return [
            str(ipaddress.ip_network(entry)) if "/" in entry else str(ipaddress.ip_address(entry))
            for entry in entries
        ]

    return _read(name, default, help, parse, "a list of addresses and networks")


def addresses(name: str, default: str, help: str) -> list[str]:  # noqa: A002
    """Read a comma-separated list of IP addresses."""

    def parse(raw: str) -> list[str]:
        entries = [entry.strip() for entry in raw.split(",") if entry.strip()]
        return [str(ipaddress.ip_address(entry)) for entry in entries]

    return _read(name, default, help, parse, "a list of addresses")


def socket(name: str, default: str, help: str) -> str:  # noqa: A002
    """Read where a server listens: the path of a Unix socket, or host:port; nothing where the default is nothing."""

    def parse(raw: str) -> str:
        if raw.startswith("/") or (not raw and not default):
            return raw
        host, _, port = raw.rpartition(":")
        if not host or not port.isdigit() or not 1 <= int(port) <= 65535:
            raise ValueError("give a path that begins with /, or host:port")
        return raw

    return _read(name, default, help, parse, "where a server listens")
