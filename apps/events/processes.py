"""Which of our processes answer, asked at the ports where they say so."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from .health import Health

SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One process: whether it answers, and what it says of the servers it needs."""

    name: str
    is_ready: bool
    says: Health


def look() -> list[Seen]:
    """Ask every process of MAIL_HEALTH_PORTS at once; takes two seconds at most."""
    asked: Sequence[tuple[str, str]] = [
        (name, where if ":" in where else f"127.0.0.1:{where}")
        for name, _, where in (entry.partition("=") for entry in settings.MAIL_HEALTH_PORTS)
    ]
    if not asked:
        return []
    with ThreadPoolExecutor(min(16, len(asked))) as threads:
        return list(threads.map(_ask, *zip(*asked, strict=True)))


def _ask(name: str, where: str) -> Seen:
    try:
        with urllib.request.urlopen(f"http://{where}/readyz", timeout=SECONDS) as answer:  # ours
            return Seen(name, is_ready=True, says=_said(answer.read(10_000)))
    except urllib.error.HTTPError as error:
        return Seen(name, is_ready=False, says=_said(error.read(10_000)))
    except OSError:
        return Seen(name, is_ready=False, says={"process": "unreachable"})


def _said(body: bytes) -> Health:
    try:
        found = json.loads(body)
    except ValueError:
        return {"process": "garbled"}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
