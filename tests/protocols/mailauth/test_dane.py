"""TLSA records: which can be used, and which certificates they are of."""

import hashlib

import pytest

from apps.protocols.mailauth.dane import (
    Found,
    Records,
    find_tlsa,
    is_named,
    is_usable,
    match,
    matches,
    public_key_of,
)
from apps.protocols.mailauth.lookups import Answer, Status, Tlsa
from tests.certificates import Issued, issue, make_authority

AUTHORITY = make_authority()
HOST = issue("mx.far.example", by=AUTHORITY)
CHAIN = [HOST.der, AUTHORITY.der]


def a_record(usage: int, selector: int, matching: int, of: Issued = HOST) -> Tlsa:
    subject = of.public_key if selector else of.der
    data = [subject, hashlib.sha256(subject).digest(), hashlib.sha512(subject).digest()][matching]
    return Tlsa(usage, selector, matching, data)


def asked(answer: Answer) -> Records:
    inquiry = find_tlsa("mx.far.example", 25, Answer(Status.FOUND, ("192.0.2.1",), secure=True))
    lookup = next(inquiry)
    assert (lookup.name, lookup.kind) == ("_25._tcp.mx.far.example", "TLSA")
    try:
        inquiry.send(answer)
    except StopIteration as stop:
        found: Records = stop.value
        return found
    raise AssertionError


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_it_works(selector: int, matching: int) -> None:
    assert match([a_record(3, selector, matching)], CHAIN).is_end_entity
    anchored = match([a_record(2, selector, matching, AUTHORITY)], CHAIN)
    assert anchored.anchors == (AUTHORITY.der,)
    assert match([a_record(3, selector, matching, AUTHORITY)], CHAIN).is_nothing


def test_the_key_is_found_in_the_certificate() -> None:
    assert public_key_of(HOST.der) == HOST.public_key


@pytest.mark.parametrize("end", [0, 1, 3, 10, 50, 100])
def test_a_certificate_cut_short_matches_nothing(end: int) -> None:
    assert not matches(a_record(3, 1, 1), HOST.der[:end])


def test_an_anchor_that_dns_holds_whole_need_not_be_sent() -> None:
    assert match([a_record(2, 0, 0, AUTHORITY)], [HOST.der]).anchors == (AUTHORITY.der,)
    assert match([a_record(2, 0, 1, AUTHORITY)], [HOST.der]).is_nothing


def test_records_that_cannot_be_used() -> None:
    digest = bytes(32)
    for usage, selector, matching, data in [
        (0, 0, 1, digest),
        (1, 0, 1, digest),
        (4, 0, 1, digest),
        (3, 2, 1, digest),
        (3, 0, 3, digest),
        (3, 0, 1, digest[1:]),
        (3, 0, 2, digest),
        (3, 0, 0, b""),
    ]:
        assert not is_usable(Tlsa(usage, selector, matching, data))


def test_what_records_demand() -> None:
    good, bad = a_record(3, 1, 1), Tlsa(1, 0, 1, bytes(32))
    assert asked(Answer(Status.FOUND, (good, bad), secure=True)) == Records(
        Found.USABLE, (good,), base="mx.far.example"
    )
    assert asked(Answer(Status.FOUND, (bad,), secure=True)).found is Found.UNUSABLE
    assert asked(Answer(Status.FOUND, (good,))).found is Found.NOTHING
    assert asked(Answer(Status.NO_DATA, secure=True)).found is Found.NOTHING
    assert asked(Answer(Status.FAULT)).found is Found.FAULT


def test_names() -> None:
    names = ("mx.far.example", "far.example")
    assert is_named(["other.example", "MX.far.example"], names)
    assert is_named(["far.example"], names)
    assert is_named(["*.far.example"], names)
    assert not is_named(["*.example.org", "mx.far", "*.mx.far.example"], names)
    assert not is_named([], names)


TLSA_25 = "_25._tcp."
SIGNED = Answer(Status.FOUND, (a_record(3, 1, 1),), secure=True)
ABSENT = Answer(Status.NO_DATA, secure=True)


@pytest.mark.parametrize(
    ("is_secure", "canonical", "published", "base"),
    [
        (True, "real.far.example", {"real": SIGNED, "mx": SIGNED}, "real.far.example"),
        (True, "real.far.example", {"real": ABSENT, "mx": SIGNED}, "mx.far.example"),
        (True, "", {"mx": SIGNED}, "mx.far.example"),
        (
            False,
            "real.far.example",
            {"alias": Answer(Status.FOUND, secure=True), "mx": SIGNED},
            "mx.far.example",
        ),
        (False, "real.far.example", {"alias": Answer(Status.FOUND)}, ""),
        (False, "", {}, ""),
    ],
)
def test_a_host_may_be_an_alias(
    is_secure: bool, canonical: str, published: dict[str, Answer], base: str
) -> None:
    """RFC 7672 2.2.2."""
    addresses = Answer(Status.FOUND, ("192.0.2.1",), secure=is_secure, canonical=canonical)
    inquiry = find_tlsa("mx.far.example", 25, addresses)
    try:
        lookup = next(inquiry)
        while True:
            host = lookup.name.removeprefix(TLSA_25).partition(".")[0]
            assert lookup.name.startswith(TLSA_25) == (lookup.kind == "TLSA")
            lookup = inquiry.send(published["alias" if lookup.kind == "CNAME" else host])
    except StopIteration as stop:
        found: Records = stop.value
    assert found.base == base
    assert found.found is (Found.USABLE if base else Found.NOTHING)
    if canonical and is_secure:
        stuck = find_tlsa("mx.far.example", 25, addresses)
        next(stuck)
        with pytest.raises(StopIteration) as caught:
            stuck.send(Answer(Status.FAULT, reason="x"))
        assert caught.value.value.found is Found.FAULT
