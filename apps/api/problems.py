"""Every error of the API is a problem (RFC 9457): a stable code, a sentence, and where it is explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.organisations.errors import AlreadyExistsError, DirectoryError

DOCS = "/api/v1/docs"
CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem: its name never changes, its words may."""

    name: str
    status: int
    title: str
    help: str
    """What whoever calls the API can do about it."""

    @property
    def type(self) -> str:
        """Where it is explained, which is also its identity (RFC 9457 3.1.1)."""
        return f"{DOCS}#problem-{self.name}"


def _codes(*codes: Code) -> Mapping[str, Code]:
    return {code.name: code for code in codes}


CODES = _codes(
    Code(
        "invalid",
        400,
        "The request is not well formed",
        "`errors` names each field and what is wrong with it.",
    ),
    Code("malformed", 400, "The body cannot be read", "Send JSON, in UTF-8, as Content-Type says."),
    Code(
        "cursor_invalid",
        400,
        "This is no cursor of this list",
        "Use `next_cursor` of the page before, unchanged.",
    ),
    Code(
        "unauthenticated",
        401,
        "No valid token",
        "Send `Authorization: Bearer mp_...`. Tokens expire, are withdrawn, and may be bound to networks.",
    ),
    Code("scope_missing", 403, "The token has not this scope", "Make a token with the scope `detail` names."),
    Code(
        "forbidden",
        403,
        "Not allowed",
        "The token's user may see this but not do that to it. Ask someone with a stronger role.",
    ),
    Code("not_found", 404, "Not found", "There is no such thing, or none that the token's user is shown."),
    Code(
        "method_not_allowed",
        405,
        "Not done here",
        "The `Allow` header says which methods this address knows.",
    ),
    Code("not_acceptable", 406, "Not in that form", "Accept application/json."),
    Code(
        "already_exists", 409, "It exists already", "Choose another name or address, or change what there is."
    ),
    Code("conflict", 409, "It is not as you think", "Look at it again, and decide anew."),
    Code("too_large", 413, "Too large", "Send less at once."),
    Code("unsupported_media_type", 415, "Not in that form", "Send application/json."),
    Code("refused", 422, "Refused", "The request was understood and breaks a rule; `detail` says which."),
    Code(
        "not_sent",
        422,
        "The letter was not sent",
        "Nothing changed. `reason` and `reply` say why, `about` names the addresses that are the trouble.",
    ),
    Code(
        "idempotency_key_reused",
        422,
        "This key was used for another request",
        "An Idempotency-Key stands for one request for 24 hours: use a new one for a new request.",
    ),
    Code("rate_limited", 429, "Too many requests", "Wait as many seconds as `Retry-After` says."),
    Code("over_quota", 422, "There is no room", "Delete mail, or raise the quota `detail` names."),
    Code("unavailable", 503, "Not now", "Try again later; nothing was changed."),
)


class Problem(exceptions.APIException):
    """A problem of one of the codes above."""

    def __init__(self, code: str, detail: str, **more: Any) -> None:
        self.code = CODES[code]
        self.status_code = self.code.status
        self.more = more
        super().__init__(detail, code)


_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ValidationError, "invalid"),
    (exceptions.ParseError, "malformed"),
    (exceptions.NotAuthenticated, "unauthenticated"),
    (exceptions.AuthenticationFailed, "unauthenticated"),
    (exceptions.PermissionDenied, "forbidden"),
    (PermissionDenied, "forbidden"),
    (exceptions.NotFound, "not_found"),
    (Http404, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "rate_limited"),
    (AlreadyExistsError, "already_exists"),
    (DirectoryError, "refused"),
    (RequestDataTooBig, "too_large"),
)


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error that is expected as a problem; any other is a bug, and Django answers it with 500."""
    from rest_framework.views import exception_handler  # It imports what imports us.

    if isinstance(error, Problem):
        code = error.code
    else:
        code = next((CODES[name] for kind, name in _BY_CLASS if isinstance(error, kind)), CODES["invalid"])
        if not isinstance(error, (exceptions.APIException, *(kind for kind, _ in _BY_CLASS))):
            return None
    body = body_of(code, detail=_detail(error))
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = _errors(error.detail)
    elif isinstance(error, Problem):
        body |= error.more
    response = Response(body, code.status, content_type=CONTENT_TYPE)
    if (known := exception_handler(error, context)) is not None:
        for name in ("WWW-Authenticate", "Retry-After"):
            if known.has_header(name):
                response[name] = known[name]
    return response


def body_of(code: Code, *, detail: str = "") -> dict[str, Any]:
    """Return a problem as it is sent."""
    return {
        "type": code.type,
        "title": str(HTTPStatus(code.status).phrase),
        "status": code.status,
        "code": code.name,
        "detail": detail or code.title + ".",
    }


def _detail(error: Exception) -> str:
    if isinstance(error, DirectoryError):
        return str(error)
    if isinstance(error, exceptions.ValidationError):
        return "Some fields are not as they should be; see errors."
    if isinstance(error, exceptions.APIException) and not isinstance(
        error, exceptions.NotFound | exceptions.ParseError
    ):
        return str(error.detail)
    return ""


def _errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Return what is wrong as a flat list of field and sentence, however deep it lies."""
    match detail:
        case dict():
            return [
                found
                for name, inner in detail.items()
                for found in _errors(
                    inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
                )
            ]
        case list():
            return [found for inner in detail for found in _errors(inner, path)]
        case _:
            return [{"field": path, "detail": str(detail)}]
