"""Routes are read whole or refused by name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.smtp.routes import NextHop, RouteError, parse_routes


def test_it_works() -> None:
    routes = parse_routes("Example.org=127.0.0.1:2526, *=relay.example.net:25")
    assert routes.find("example.org") == NextHop("127.0.0.1", 2526)
    assert routes.find("other.example") == NextHop("relay.example.net", 25)


def test_without_a_star_the_mx_decides() -> None:
    assert parse_routes("example.org=[2001:db8::1]:25").find("other.example") is None
    assert parse_routes("").find("example.org") is None


@pytest.mark.parametrize(
    "text",
    ["example.org", "example.org=host", "=host:25", "a.example=host:0", "a.example=host:99999", "a b=c:1"],
)
def test_what_is_no_route(text: str) -> None:
    with pytest.raises(RouteError, match="is not domain=host:port"):
        parse_routes(text)


def test_a_domain_routed_twice() -> None:
    with pytest.raises(RouteError, match="twice"):
        parse_routes("a.example=h.example:1,A.example=i.example:2")


@given(st.text(alphabet="a.=:,*[]0 ", max_size=40))
def test_only_the_declared_error_escapes(text: str) -> None:
    with contextlib.suppress(RouteError):
        parse_routes(text)
