"""Every address of the API declares its operations, and the document tells of each."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from apps.accounts.permissions import SCOPES
from apps.api import urls
from apps.api.problems import CODES
from apps.api.schema import SECTIONS, document
from apps.api.views.missing import MissingView

METHODS = ("get", "post", "put", "patch", "delete")
VIEWS = [
    (str(pattern.pattern), pattern.callback.view_class)
    for pattern in urls.urlpatterns
    if isinstance(pattern, URLPattern) and hasattr(pattern.callback, "view_class")
]
HANDLERS = [
    pytest.param(getattr(view, method), id=f"{method} {path}")
    for path, view in VIEWS
    for method in METHODS
    if view is not MissingView and hasattr(view, method)
]
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.parametrize("handler", HANDLERS)
def test_it_is_declared_with_a_scope(handler: Any) -> None:
    operation = handler.operation
    assert operation.scope is None or operation.scope in SCOPES
    assert operation.tag in {tag for _, tags in SECTIONS for tag in tags}


def test_every_operation_is_in_the_document() -> None:
    assert len(OPERATIONS) == len(HANDLERS)
    names = [handler.values[0].operation.name for handler in HANDLERS]  # type: ignore[union-attr]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_it_is_documented(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert operation["security"] == [{"token": []}]
    assert {"401", "429"} <= set(operation["responses"])
    for status, response in operation["responses"].items():
        for kind, content in response.get("content", {}).items():
            assert (kind == "application/problem+json") == (int(status) >= 400)
            assert kind in {"message/rfc822", "application/octet-stream"} or content.get("examples"), (
                path,
                method,
                status,
            )
    if "requestBody" in operation:
        for kind, content in operation["requestBody"]["content"].items():
            assert kind != "application/json" or content["examples"]
        assert "400" in operation["responses"]
    if "{" in path:
        assert "404" in operation["responses"]
    if method == "post" and "201" in operation["responses"]:
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}


def test_it_is_served_to_everyone(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")
    assert not re.search(r"https?://(?!www\.w3\.org)", answer.content.decode())


def test_problems_have_their_status() -> None:
    assert all(400 <= code.status < 600 and code.title and code.help for code in CODES.values())
