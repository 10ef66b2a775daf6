"""What runs here, in which versions."""

import platform

import django
import redis
from django.db import DatabaseError, connection

from .valkey import sync_client


def versions() -> dict[str, str]:
    """Return the versions of what the platform stands on; empty where a server does not answer."""
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": _postgresql(),
        "valkey": _valkey(),
    }


def _postgresql() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return str(cursor.fetchone()[0]).partition(" ")[0]
    except DatabaseError:
        return ""


def _valkey() -> str:
    try:
        said = sync_client().info("server")
    except redis.exceptions.RedisError:
        return ""
    return str(said.get("valkey_version") or said.get("redis_version") or "")
