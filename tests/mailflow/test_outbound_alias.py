"""DANE of a mail host that is an alias."""

import pytest

from apps.protocols.mailauth.tls_sessions import TlsResult
from apps.queue.couriers import Deferred, Delivered
from tests.certificates import issue

from .test_outbound_tls import AUTHORITY, MX, World, tlsa, world

__all__ = ["world"]
pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]


def test_dane_follows_an_alias(world: World) -> None:
    """The name that a host is an alias of has the records, and the certificate (RFC 7672 2.2.2)."""
    del world.zone.records["mx.far.example", "A"]
    world.zone.records["mx.far.example", "CNAME"] = ["real.far.example."]
    world.zone.records["real.far.example", "A"] = ["127.0.0.1"]
    world.base = "real.far.example"
    world.shown = issue("real.far.example", by=AUTHORITY)
    world.vouch(tlsa(2, 1, AUTHORITY))
    assert isinstance(world.send()[0], Delivered)
    assert (world.notes[-1].policy, world.notes[-1].result) == ("tlsa", "")
    world.shown = MX
    world.vouch(tlsa(2, 1, AUTHORITY))
    assert isinstance(world.send()[0], Deferred)
    assert world.notes[-1].result is TlsResult.HOST_MISMATCH
