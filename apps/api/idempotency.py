"""Idempotency-Key: a request that is repeated is done once and answered twice.

The key is written in the transaction that does the work. A second request with it waits for the first to commit
and is given its answer, or, if the first failed, does the work itself.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils import encoders

from .models import KeptAnswer
from .permission import user_of
from .problems import Problem

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
MAX_KEY = 200
# How many answers that are too old one request removes.
_SWEEP = 100


def once(request: Request, do: Callable[[], Response]) -> Response:
    """Do what the request asks, unless its key says it was done; without a key, just do it.

    The caller's transaction is the one that does the work.
    """
    key = check_key(request)
    if not key:
        return do()
    user_id, fingerprint = user_of(request).id, _fingerprint(request)
    _forget_old(user_id, key)
    made = KeptAnswer(user_id=user_id, key=key, fingerprint=fingerprint)
    # Waits here for another transaction that holds the key.
    KeptAnswer.objects.bulk_create([made], ignore_conflicts=True)
    row = KeptAnswer.objects.get(user_id=user_id, key=key)
    if bytes(row.fingerprint) != fingerprint:
        raise Problem("idempotency_key_reused", "")
    if row.status:
        return _again(row)
    response = do()
    body = json.dumps(response.data, cls=encoders.JSONEncoder).encode()
    KeptAnswer.objects.filter(id=row.id).update(status=response.status_code, body=body)
    return response


def check_key(request: Request) -> str:
    """Return the request's key, or nothing; raises for what can be none."""
    key = request.headers.get(HEADER, "")
    if len(key) > MAX_KEY or not key.isprintable() or not key.isascii():
        raise ValidationError({HEADER: [f"A key is up to {MAX_KEY} printable ASCII characters."]})
    return key


def _again(row: KeptAnswer) -> Response:
    data: Any = json.loads(bytes(row.body or b"null"))
    return Response(data, row.status, headers={"Idempotency-Replayed": "true"})


def _fingerprint(request: Request) -> bytes:
    raw: Any = request._request  # noqa: SLF001  # the bytes as they came; reading them later is refused
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(raw.body)
    return digest.digest()


def _forget_old(user_id: int, key: str) -> None:
    old = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    old.filter(user_id=user_id, key=key).delete()
    ids = list(
        old.order_by("created_at").select_for_update(skip_locked=True).values_list("id", flat=True)[:_SWEEP]
    )
    KeptAnswer.objects.filter(id__in=ids).delete()
