"""The OpenAPI document, and whoever believes it: made-up requests find no 500, and no answer it does not tell of."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.world import World, a_world
from tests.factories import a_role

SCHEMA: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_TURN = itertools.count()


@schemathesis.serializer("message/rfc822")
def as_it_is(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Make a world in which alice may do everything; requests leave the test's connection alone."""
    world = a_world()
    a_role(world.alice, "superadmin", organisation=world.domain.organisation)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield world
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_it_is_as_documented(case: Any, world: World) -> None:
    api = world.ask_as("alice")
    # Two of three times the things named in the path are there.
    if next(_TURN) % 3:
        known = {
            name: _plain(world.names[name]) for name in case.path_parameters or {} if name in world.names
        }
        case.path_parameters = {**(case.path_parameters or {}), **known}
    with transaction.atomic():
        case.call_and_validate(headers={"Authorization": f"Bearer {api.token}"}, checks=CHECKS)
        transaction.set_rollback(True)
