"""var/run.json: where everything is, for programs and people that want to use what `make run` started."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from . import demo

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def paths() -> list[Path]:
    """Return where it is written: beside the state, and in var/ of the checkout when nobody moved the state."""
    found = [Path(settings.MAIL_STATE_DIR) / "run.json"]
    checkout = Path(settings.BASE_DIR) / "var" / "run.json"
    if not os.environ.get("MAIL_STATE_DIR") and checkout not in found:
        found.append(checkout)
    return found


def host() -> str:
    """Return the address at which a client on this machine finds the doors."""
    return _reached(settings.MAIL_BIND)


def web_host() -> str:
    """Return the address at which a client on this machine finds pages and API."""
    return _reached(settings.MAIL_WEB_BIND)


def web_url() -> str:
    """Return where the pages are."""
    at = web_host()
    scheme = "https" if settings.MAIL_WEB_TLS else "http"
    return f"{scheme}://{f'[{at}]' if ':' in at else at}:{settings.MAIL_WEB_PORT}/"


def _reached(bind: str) -> str:
    first = bind.split(",")[0].strip()
    return EVERYWHERE.get(first, first)


def contents(authority: str, users: list[demo.Person], api_token: str) -> dict[str, Any]:
    """Return what the file says."""
    at = host()
    web = web_url()

    def door(name: str) -> dict[str, Any]:
        return {"host": at, "port": getattr(settings, f"MAIL_{name}_PORT")}

    return {
        "web": web,
        "api": f"{web}api/v1/",
        "api_token": api_token,
        "smtp": door("SMTP"),
        "submission": door("SUBMISSION"),
        "submissions": door("SUBMISSIONS"),
        "imap": door("IMAP"),
        "imaps": door("IMAPS"),
        "ca_certificate": authority,
        "users": users,
    }


def write(data: dict[str, Any]) -> None:
    """Write it, readable by its owner only, whole or not at all."""
    for path in paths():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(data, file, indent=2)
            file.write("\n")
        staged.replace(path)


def remove() -> None:
    """Take it away: nothing answers (yet, or any more)."""
    for path in paths():
        path.unlink(missing_ok=True)
