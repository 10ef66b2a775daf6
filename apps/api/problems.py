"""Every error of the API is a problem (RFC 9457): a status, a title, and what to do about it."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error DRF knows as a problem; any other is a bug, and Django answers it with 500."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    status = HTTPStatus(response.status_code)
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = error.detail
    elif isinstance(error, exceptions.APIException):
        body["detail"] = str(error.detail)
    response.data, response.content_type = body, "application/problem+json"
    return response
