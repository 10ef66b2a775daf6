"""Pages by key: where one ends the next begins, however much came or went meanwhile; nothing is counted."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """Some rows, and where to go from here."""

    items: list[M]
    next_query: str = ""
    first_query: str = ""
    """How to come back to the beginning; empty on the first page."""


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort a list: by these fields, the last of which is unique."""

    keys: tuple[str, ...]
    is_descending: bool = False


def page_of[M: Model](request: HttpRequest, rows: QuerySet[M], order: Order, *, size: int = SIZE) -> Page[M]:
    """Return the page of rows that a request asks for with `after`; whatever cannot be read is the first page."""
    first = request.GET.copy()
    values = _read(first.pop("after", [""])[-1], len(order.keys))
    sign = "-" if order.is_descending else ""
    wanted = rows.order_by(*(f"{sign}{key}" for key in order.keys))
    try:
        found = list((wanted if values is None else wanted.filter(_beyond(order, values)))[: size + 1])
    except (ValueError, TypeError, ValidationError):
        # Somebody wrote the cursor by hand, and a name stands where a number or a time should.
        values, found = None, list(wanted[: size + 1])
    following = request.GET.copy()
    if len(found) > size:
        following["after"] = _write([_value(found[size - 1], key) for key in order.keys])
    return Page(
        found[:size],
        f"?{following.urlencode()}" if len(found) > size else "",
        "" if values is None else f"?{first.urlencode()}",
    )


def _value(row: Model, key: str) -> Any:
    value: Any = row
    for name in key.split("__"):
        value = getattr(value, name)
    return value


def _write(values: Sequence[Any]) -> str:
    text = json.dumps(values, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, count: int) -> list[str | int] | None:
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != count or not all(map(_is_key, values)):
        return None
    return values


def _is_key(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _beyond(order: Order, values: Sequence[str | int]) -> Q:
    beyond, same = Q(), Q()
    for key, value in zip(order.keys, values, strict=True):
        beyond |= same & Q(**{f"{key}__{'lt' if order.is_descending else 'gt'}": value})
        same &= Q(**{key: value})
    return beyond
