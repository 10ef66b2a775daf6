"""How many requests a token may make a minute, counted in Valkey for all web processes together."""

import logging
import time
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.authentication import SignedIn
from apps.events.valkey import sync_client

log = logging.getLogger(__name__)

WINDOW = 60


class TokenRate(BaseThrottle):
    """`MAIL_RATE_API` requests in each minute of the clock; without Valkey nobody is held up."""

    _wait = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; says whether it may go on."""
        if not settings.MAIL_RATE_API or not isinstance(request.auth, SignedIn):
            return True
        now = time.time()
        window = int(now // WINDOW)
        key = f"rate:api:{request.auth.credential_id}:{window}"
        try:
            with sync_client().pipeline(transaction=False) as pipe:
                pipe.incr(key)
                pipe.expire(key, WINDOW + 2)
                count, _ = pipe.execute()
        except redis.exceptions.RedisError as error:
            log.warning("requests not counted", extra={"error": str(error)})
            return True
        self._wait = (window + 1) * WINDOW - now
        return int(count) <= settings.MAIL_RATE_API

    def wait(self) -> float:
        """Return how many seconds are left of this minute."""
        return self._wait
