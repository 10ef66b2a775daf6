"""Pages by key: where a page ends is where the next begins, however much came or went meanwhile; nothing is counted."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Model, Q, QuerySet, UUIDField
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .problems import Problem

MOST = 200
USUAL = 50


class PageQuery(serializers.Serializer[Any]):
    """What every list may be asked."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=USUAL, help_text=f"How many to return, at most {MOST}."
    )
    cursor = serializers.CharField(
        default="", max_length=500, allow_blank=True, help_text="`next_cursor` of the page before."
    )


def write_cursor(values: Sequence[Any]) -> str:
    """Return the cursor that goes on after the row with these keys."""
    plain = [
        value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, uuid.UUID)
        else value
        for value in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Return the keys a cursor holds: as many as `kinds`, and of these types; raises the problem."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        return [_read(value, kind) for value, kind in zip(_list(values), kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise Problem("cursor_invalid", "") from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _read(value: Any, kind: type) -> Any:
    if kind is datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("no time zone")
        return found
    if kind is uuid.UUID:
        return uuid.UUID(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError("another kind")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("out of range")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("not text")
    return value


def page[M: Model](
    request: Request,
    rows: QuerySet[M],
    shape: type[serializers.BaseSerializer[Any]],
    *,
    keys: Sequence[str] = ("id",),
    is_descending: bool = False,
) -> Response:
    """Answer one page of rows in the order of `keys`, the last of which is unique."""
    asked = PageQuery(data=request.query_params)
    asked.is_valid(raise_exception=True)
    limit, cursor = asked.validated_data["limit"], asked.validated_data["cursor"]
    if cursor:
        rows = rows.filter(_beyond(keys, read_cursor(cursor, _kinds(rows, keys)), is_descending))
    rows = rows.order_by(*(f"-{key}" if is_descending else key for key in keys))
    try:
        found = list(rows[: limit + 1])
    except ValidationError:
        raise Problem("cursor_invalid", "") from None
    return answer(
        request,
        found,
        limit,
        encode=lambda items: shape(items, many=True).data,
        key=lambda row: [getattr(row, name) for name in keys],
    )


def answer[T](
    request: Request,
    found: Sequence[T],
    limit: int,
    *,
    encode: Callable[[Sequence[T]], Any],
    key: Callable[[T], Sequence[Any]],
) -> Response:
    """Answer a page of what was found, which is one more than `limit` if there is another page."""
    items = found[:limit]
    following = write_cursor(key(items[-1])) if len(found) > limit else None
    return next_link(request, Response({"items": encode(items), "next_cursor": following}), following)


def next_link(request: Request, response: Response, following: str | None) -> Response:
    """Add the whole address of the next page (RFC 8288), if there is one."""
    if following:
        query = request.query_params.copy()
        query["cursor"] = following
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return response


def _kinds(rows: QuerySet[Any], keys: Sequence[str]) -> list[type]:
    kinds: list[type] = []
    for name in keys:
        field = rows.model._meta.get_field(name)  # noqa: SLF001  # Django's own name for it
        is_time, is_uuid = isinstance(field, DateTimeField), isinstance(field, UUIDField)
        kinds.append(datetime if is_time else uuid.UUID if is_uuid else int)
    return kinds


def _beyond(keys: Sequence[str], values: Sequence[Any], is_descending: bool) -> Q:  # noqa: FBT001
    beyond, same = Q(), Q()
    for name, value in zip(keys, values, strict=True):
        beyond |= same & Q(**{f"{name}__{'lt' if is_descending else 'gt'}": value})
        same &= Q(**{name: value})
    return beyond
