"""Whether this process can do its work: the database and Valkey answer."""

import redis
from django.db import DatabaseError, connection

from .valkey import sync_client

type Health = dict[str, str]

OK = "ok"


def check() -> Health:
    """Return what each server the process depends on says, `ok` or one word why not."""
    return {"database": _database(), "valkey": _valkey()}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "unreachable"
    return OK


def _valkey() -> str:
    try:
        sync_client().ping()
    except redis.exceptions.RedisError:
        return "unreachable"
    return OK
