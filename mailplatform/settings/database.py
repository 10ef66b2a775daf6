"""Where the database is: the address in DATABASE_URL, or the embedded server's private socket."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .registry import SettingError
from .state import socket_path

EMBEDDED_USER = "mailplatform"
EMBEDDED_NAME = "mailplatform"
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"


def embedded_valkey_url(state_dir: Path) -> str:
    """Return the address of the embedded Valkey."""
    return f"unix://{socket_path(state_dir / 'valkey', VALKEY_SOCKET)}?db=0"


def check_redis_url(url: str) -> str:
    """Return the address of Valkey; raises SettingError on one that cannot be one."""
    try:
        parts, _ = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise SettingError(
            "REDIS_URL cannot be read: write characters of the password like / # ? @ [ ] as %2F %23 ..."
        ) from None
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise SettingError("REDIS_URL must look like redis://host:port/0 or unix:///path")
    return url


IDLE_SECONDS = 60
WAIT_SECONDS = 5


def database_from_url(
    url: str, state_dir: Path, *, shared: int | None = None, is_kept: bool = True
) -> dict[str, Any]:
    """Return Django's settings of the database; raises SettingError on an address that cannot be one.

    With `shared`, the threads of the process share so many connections; without, each has its own, which it
    keeps or gives up after each task.
    """
    common: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600 if is_kept and shared is None else 0,
        "CONN_HEALTH_CHECKS": True,
    }
    pool: dict[str, Any] = {}
    if shared is not None:
        sizes = {"min_size": 0, "max_size": shared, "max_idle": IDLE_SECONDS, "timeout": WAIT_SECONDS}
        pool = {"pool": sizes | {"num_workers": 1}}
    if not url:
        return {
            **common,
            "OPTIONS": pool,
            "NAME": EMBEDDED_NAME,
            "USER": EMBEDDED_USER,
            "HOST": str(socket_path(state_dir / "pg" / "socket", POSTGRES_SOCKET).parent),
            "PORT": "5432",
        }
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        # Its own words would quote the password.
        raise SettingError(
            "DATABASE_URL cannot be read: write characters of the password like / # ? @ [ ] as %2F %23 ..."
        ) from None
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SettingError("DATABASE_URL must look like postgresql://user:password@host:port/name")
    options = dict(parse_qsl(parts.query))
    return {
        **common,
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": {**options, **pool},
    }
