"""The process's one client of Valkey, for code that is not on a loop."""

import functools

import redis
from django.conf import settings


@functools.cache
def sync_client() -> redis.Redis:
    """Return the process's client of the configured server."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
