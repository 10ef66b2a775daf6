"""How an operation is declared: what it is called, which scope it needs, what goes in and what comes out.

The declaration is enforced (scope, Idempotency-Key) and it is documented; a view's method without one does not
exist (tests/api/test_declared.py).
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from . import idempotency, problems
from .paging import PageQuery

type Shape = type[serializers.BaseSerializer[Any]]
type Handler = Callable[..., Any]

MOST_BYTES = 1024 * 1024
"""So long a body may be, unless an operation says otherwise."""

ANY = None
"""The scope of what every valid token may do."""


class ProblemShape(serializers.Serializer[Any]):
    """An error (RFC 9457); `code` is stable, and `type` says where it is explained."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=sorted(problems.CODES))
    detail = serializers.CharField()
    errors = serializers.ListField(  # type: ignore[assignment]  # a field's name, as RFC 9457 examples have it
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="With `invalid`: each field that is wrong, and why.",
    )
    reply = serializers.CharField(
        required=False, help_text="With a letter refused: the words SMTP would have used."
    )
    reason = serializers.CharField(
        required=False, help_text="With a letter refused: why, in one stable word."
    )
    about = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With a letter refused: what it is about."
    )
    revision = serializers.IntegerField(required=False, help_text="With a draft that went on: save with it.")
    theirs = serializers.DictField(
        required=False, allow_null=True, help_text="With a draft that went on: what it says now."
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """What is declared of one method of one view."""

    name: str
    scope: str | None
    tag: str
    is_list: bool
    is_once: bool


def operation(
    name: str,
    *,
    scope: str | None,
    tag: str,
    summary: str,
    body: Shape | None = None,
    raw: dict[str, Any] | None = None,
    body_example: Any = None,
    query: Shape | None = None,
    answer: Shape | None = None,
    gives: dict[str, Any] | None = None,
    answer_example: Any = None,
    status: int | None = None,
    is_list: bool = False,
    is_once: bool = False,
    is_atomic: bool = True,
    most_bytes: int | Callable[[], int] = MOST_BYTES,
    problem: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Declare a view's method.

    `raw` is the body by media type where it is no JSON, `gives` the answer. `is_list`: it answers a page of `answer`. `is_once`: an Idempotency-Key makes it happen once. Where a service
    has transactions of its own, it is not `is_atomic`. `problem` names the codes it can answer besides those that
    follow from the rest.
    """
    status = status or (200 if answer or gives else 204)

    def declare(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
            if request.method == "GET":
                return handler(view, request, *args, **kwargs)
            bound_body(request, most_bytes if isinstance(most_bytes, int) else most_bytes())
            if not is_atomic:
                return handler(view, request, *args, **kwargs)
            # All of it or nothing: an operation may call more than one service.
            with transaction.atomic():
                if not is_once:
                    return handler(view, request, *args, **kwargs)
                return idempotency.once(request, lambda: handler(view, request, *args, **kwargs))

        run.operation = Operation(name, scope, tag, is_list, is_once)  # type: ignore[attr-defined]
        parameters: list[Any] = [shape for shape in (PageQuery if is_list else None, query) if shape]
        if is_once:
            parameters.append(_KEY)
        codes = _codes(problem, scope=scope, has_body=body is not None or raw is not None,
                       has_query=query is not None or is_list, is_once=is_once, has_path=_is_about_one(handler))  # fmt: skip
        responses: dict[Any, Any] = {status: _answer(answer, name, is_list=is_list)}
        if gives is not None:
            responses = {(status, kind): what for kind, what in gives.items()}
        for number in sorted({code.status for code in codes}):
            responses[number, problems.CONTENT_TYPE] = OpenApiResponse(
                ProblemShape,
                description="; ".join(
                    f"`{code.name}`: {code.title}" for code in codes if code.status == number
                ),
            )
        examples = [_problem_example(code) for code in codes]
        if body_example is not None:
            examples.append(OpenApiExample("Request", body_example, request_only=True))
        if answer_example is not None:
            examples.append(
                OpenApiExample("Answer", answer_example, response_only=True, status_codes=[str(status)])
            )
        return extend_schema(
            operation_id=name,
            summary=summary,
            description=_description(handler, scope),
            tags=[tag],
            parameters=parameters,
            request=raw or body,
            responses=responses,
            examples=examples,
            extensions={"x-scope": scope or "any"},
        )(run)

    return declare


_KEY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Any text you choose: the same request with the same key is done once within 24 hours.",
)


def _description(handler: Handler, scope: str | None) -> str:
    words = " ".join((handler.__doc__ or "").split())
    return f"{words}\n\nScope: {f'`{scope}`' if scope else 'any token'}."


def _is_about_one(handler: Handler) -> bool:
    code = handler.__code__
    return bool(code.co_argcount > 2)


def _codes(
    problem: tuple[str, ...],
    *,
    scope: str | None,
    has_body: bool,
    has_query: bool,
    is_once: bool,
    has_path: bool,
) -> list[problems.Code]:
    names = ["unauthenticated", "rate_limited", *problem]
    names += ["scope_missing"] if scope else []
    names += ["invalid"] if has_body or has_query or is_once else []
    names += ["malformed", "too_large", "unsupported_media_type"] if has_body else []
    names += ["idempotency_key_reused"] if is_once else []
    names += ["not_found"] if has_path else []
    return sorted(
        (problems.CODES[name] for name in dict.fromkeys(names)), key=lambda code: (code.status, code.name)
    )


def _answer(answer: Shape | None, name: str, *, is_list: bool) -> Any:
    if answer is None:
        return OpenApiResponse(description="Done.")
    if not is_list:
        return answer
    shape: Any = answer
    label = shape.__name__.removesuffix("Shape")
    fields = {
        "__doc__": f"A page of {label}.",
        "__module__": shape.__module__,
        "items": shape(many=True),
        "next_cursor": serializers.CharField(
            allow_null=True, help_text="Ask with it for the next page; null on the last one."
        ),
    }
    return _page_shape(f"{label}PageShape", fields)


_PAGES: dict[str, Any] = {}


def _page_shape(name: str, fields: dict[str, Any]) -> Any:
    if name not in _PAGES:
        _PAGES[name] = type(name, (serializers.Serializer,), fields)
    return _PAGES[name]


def _problem_example(code: problems.Code) -> OpenApiExample:
    return OpenApiExample(
        code.name,
        problems.body_of(code),
        response_only=True,
        status_codes=[str(code.status)],
        media_type=problems.CONTENT_TYPE,
    )


def bound_body(request: Request, most: int) -> None:
    """Read the body, but not more of it than `most`: whoever parses it later finds it in memory."""
    raw: Any = request._request  # noqa: SLF001  # the bytes as they come
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > most:
        raise problems.Problem("too_large", f"At most {most} bytes are taken here.")
    if hasattr(raw, "_body"):
        return
    body = raw.read(most + 1)
    if len(body) > most:
        raise problems.Problem("too_large", f"At most {most} bytes are taken here.")
    raw._body = body  # noqa: SLF001  # where Django keeps it


def given(shape: Shape, request: Request, *, is_partial: bool = False) -> dict[str, Any]:
    """Return the request's body as its shape reads it; raises what is wrong with it."""
    found = shape(data=request.data, partial=is_partial)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def asked(shape: Shape, request: Request) -> dict[str, Any]:
    """Return the request's query as its shape reads it; raises what is wrong with it."""
    found = shape(data=request.query_params)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)
