"""Fuzz target: routes are read to what can be written and read again, or a RouteError."""

import contextlib

from apps.protocols.smtp.routes import RouteError, parse_routes


def test_one_input(data: bytes) -> None:
    """Read routes, write them, read them again."""
    with contextlib.suppress(RouteError):
        routes = parse_routes(data.decode("utf-8", "surrogateescape"))
        written = ",".join(f"{domain}={hop}" for domain, hop in routes.hops.items())
        assert parse_routes(written) == routes
