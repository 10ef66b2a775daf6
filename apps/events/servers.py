"""What the servers we stand on say of themselves, and how full the disk is; for people who look after them."""

import shutil
from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from . import sql
from .valkey import sync_client


@dataclass(frozen=True, slots=True)
class Database:
    """PostgreSQL: what it holds, who is connected, since when it runs."""

    version: str
    size: int
    connections: int
    most_connections: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Valkey:
    """Valkey: what it remembers; a `limit` of 0 is none."""

    version: str
    used: int
    limit: int
    clients: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system that holds the state directory."""

    path: str
    total: int
    free: int

    @property
    def used(self) -> int:
        """What is taken, by whomever."""
        return self.total - self.free


def database() -> Database | None:
    """Ask PostgreSQL; None when it does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SERVER)
            return Database(*cursor.fetchone())
    except DatabaseError:
        connection.close()
        return None


def valkey() -> Valkey | None:
    """Ask Valkey; None when it does not answer."""
    try:
        said = sync_client().info()
    except redis.exceptions.RedisError:
        return None
    return Valkey(
        str(said.get("valkey_version") or said.get("redis_version") or ""),
        int(said.get("used_memory", 0)),
        int(said.get("maxmemory", 0)),
        int(said.get("connected_clients", 0)),
        int(said.get("uptime_in_seconds", 0)),
    )


def disk() -> Disk | None:
    """Look at the disk; None where there is none to look at."""
    try:
        found = shutil.disk_usage(settings.MAIL_STATE_DIR)
    except OSError:
        return None
    return Disk(str(settings.MAIL_STATE_DIR), found.total, found.free)
