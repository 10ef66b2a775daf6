"""What an alias leads elsewhere carries a seal that others believe; what stays here carries none."""

import asyncio
import datetime as dt
import re

import pytest

from apps.domains.models import Domain
from apps.domains.resolver import Resolver
from apps.mailflow.strangers import Met
from apps.protocols.mailauth.arc.results import Arc, ArcResult
from apps.protocols.mailauth.arc.verify import check_arc
from apps.queue.envelopes import Recipient
from apps.queue.models import Lane
from tests import factories
from tests.dns_server import Zone, serving

from .signed import let_sign
from .strangers import LIST_SIGNER, NOW, ZONE, letter, met
from .test_strangers import sealed as sealed_by_list

pytestmark = pytest.mark.usefixtures("real_database")


def elsewhere(domain: Domain) -> Recipient:
    return Recipient("alice@far.test", Lane.REMOTE, domain.organisation_id, "far.test")


def led(body: bytes, domain: Domain, zone: str) -> tuple[Met, ArcResult]:
    """Meet a message for an alias that leads elsewhere; return what the next server finds of its chain."""
    with serving(Zone(ZONE + "\n" + zone)) as server:
        found, _ = met(
            server,
            body,
            elsewhere(domain),
            sender="bob@none.test",
            written={"alice@far.test": [f"info@{domain.name}"]},
        )
        resolver = Resolver([server], trusted=[])
        later = int((NOW + dt.timedelta(hours=1)).timestamp())
        return found, asyncio.run(resolver.run(check_arc(found.fields + found.body, later)))


def test_it_works() -> None:
    domain = factories.a_domain()
    found, chain = led(letter("bob@none.test"), domain, let_sign(domain))
    assert chain.result is Arc.PASS
    [one] = chain.sets
    assert one.domain == domain.name
    assert re.search(r"spf=(fail|softfail)", one.results)
    assert "dmarc=fail" in one.results
    assert one.results.startswith("mx.example.test;")
    assert found.fields.startswith(b"Authentication-Results:")


def test_a_chain_goes_on() -> None:
    domain = factories.a_domain()
    found, chain = led(sealed_by_list(letter("bob@none.test"), "spf=pass"), domain, let_sign(domain))
    assert chain.result is Arc.PASS
    assert [one.domain for one in chain.sets] == [LIST_SIGNER.domain, domain.name]
    assert b"cv=pass" in found.fields


def test_a_broken_chain_is_said_to_be_broken() -> None:
    domain = factories.a_domain()
    broken = sealed_by_list(letter("bob@none.test"), "spf=pass") + b"more\r\n"
    found, chain = led(broken, domain, let_sign(domain))
    assert chain.result is Arc.FAIL
    assert b"cv=fail" in found.fields


def test_a_domain_without_keys_seals_nothing() -> None:
    found, chain = led(letter("bob@none.test"), factories.a_domain(), "")
    assert chain.result is Arc.NONE
    assert b"ARC-" not in found.fields


def test_what_stays_here_is_not_sealed() -> None:
    with serving(Zone(ZONE)) as server:
        found, _ = met(server, letter("bob@none.test"), sender="bob@none.test")
    assert b"ARC-" not in found.fields
