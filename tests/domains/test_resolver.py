"""What DNS says, and what it cannot say at the moment, asked of a real server."""

import asyncio
from collections.abc import Iterator

import pytest

from apps.domains.resolver import Resolver, ResolverSettingError, nameservers
from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status
from apps.protocols.smtp.targets import Hosts, Problem, find_addresses, find_hosts
from tests.dns_server import SERVFAIL, SILENT, TRUNCATE, Zone, serving

ZONE = """
far.example          MX    20 backup.far.example.
far.example          MX    10 mx.far.example.
far.example          TXT   "v=spf1 " "-all"
mx.far.example       A     192.0.2.1
mx.far.example       A     192.0.2.2
mx.far.example       AAAA  2001:db8::1
plain.example        A     192.0.2.9
null.example         MX    0 .
alias.example        CNAME far.example.
loop.example         CNAME loop2.example.
loop2.example        CNAME loop.example.
empty.example        TXT   "no mail here"
ours.example         MX    10 mail.example.test.
ours.example         MX    20 backup.far.example.
mixed.example        MX    5 mx.far.example.
mixed.example        MX    10 mail.example.test.
mixed.example        MX    20 backup.far.example.
big.example          MX    10 mx.far.example.
"""


@pytest.fixture(scope="module")
def zone() -> Iterator[tuple[Zone, str]]:
    zone = Zone(ZONE, {"big.example": TRUNCATE, "broken.example": SERVFAIL, "slow.example": SILENT})
    with serving(zone) as address:
        yield zone, address


@pytest.fixture
def resolver(zone: tuple[Zone, str]) -> Resolver:
    return Resolver([zone[1]])


def both(resolver: Resolver, name: str, kind: str) -> Answer:
    """Ask by both drivers; they must agree."""
    answer = asyncio.run(resolver.ask(Lookup(name, kind)))
    other = Resolver([str(resolver._sync.nameservers[0]).removeprefix("Do53:").replace("@", ":")])
    assert other.ask_sync(Lookup(name, kind)).status is answer.status
    return answer


def hosts(resolver: Resolver, domain: str) -> Hosts:
    inquiry = find_hosts(domain, own_name="mail.example.test", shuffle=lambda names: names.sort())
    return asyncio.run(resolver.run(inquiry))


def test_mx_in_order(resolver: Resolver) -> None:
    assert hosts(resolver, "far.example") == Hosts(("mx.far.example", "backup.far.example"))
    assert set(both(resolver, "far.example", "MX").records) == {
        Mx(20, "backup.far.example"),
        Mx(10, "mx.far.example"),
    }


def test_addresses_take_turns_ipv6_first(resolver: Resolver) -> None:
    answer = resolver.run_sync(find_addresses("mx.far.example"))
    assert answer.texts[0] == "2001:db8::1"
    assert sorted(answer.texts[1:]) == ["192.0.2.1", "192.0.2.2"]


def test_text_in_pieces_is_one_text(resolver: Resolver) -> None:
    assert both(resolver, "far.example", "TXT").texts == ("v=spf1 -all",)


def test_a_domain_without_mx_is_its_own_host(resolver: Resolver) -> None:
    assert hosts(resolver, "plain.example") == Hosts(("plain.example",))


def test_an_alias_is_followed(resolver: Resolver) -> None:
    assert hosts(resolver, "alias.example").names == ("mx.far.example", "backup.far.example")


def test_an_alias_that_loops_is_a_fault_not_a_verdict(resolver: Resolver) -> None:
    assert hosts(resolver, "loop.example").problem is Problem.DNS_FAULT


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        ("null.example", Problem.NULL_MX),
        ("nowhere.example", Problem.NO_DOMAIN),
        ("empty.example", Problem.NO_HOST),
        ("broken.example", Problem.DNS_FAULT),
        ("ours.example", Problem.LOOPS_BACK),
    ],
)
def test_domains_whose_mail_goes_nowhere(resolver: Resolver, domain: str, problem: Problem) -> None:
    found = hosts(resolver, domain)
    assert found.names == ()
    assert found.problem is problem
    assert problem.is_permanent is (problem is not Problem.DNS_FAULT)


def test_only_hosts_better_than_ourselves_are_tried(resolver: Resolver) -> None:
    assert hosts(resolver, "mixed.example") == Hosts(("mx.far.example",))


def test_a_truncated_answer_is_asked_again_by_tcp(resolver: Resolver) -> None:
    assert both(resolver, "big.example", "MX").records == (Mx(10, "mx.far.example"),)


def test_no_such_name_is_remembered(zone: tuple[Zone, str], resolver: Resolver) -> None:
    before = len(zone[0].asked)
    for _ in range(3):
        assert resolver.ask_sync(Lookup("missing.example", "MX")).status is Status.NO_DOMAIN
    assert len(zone[0].asked) == before + 1


def test_an_inquiry_ends_when_its_time_is_up(resolver: Resolver) -> None:
    def two() -> Inquiry[tuple[Answer, Answer]]:
        one = yield Lookup("slow.example", "MX")
        other = yield Lookup("far.example", "AAAA")
        return one, other

    one, other = asyncio.run(resolver.run(two(), seconds=0.3))
    assert (one.status, other.status) == (Status.FAULT, Status.FAULT)
    assert "out of time" in one.reason


def test_server_entries() -> None:
    assert [str(s) for s in nameservers(["192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53"])] == [
        "Do53:192.0.2.1@53",
        "Do53:192.0.2.1@5353",
        "Do53:2001:db8::1@53",
    ]
    with pytest.raises(ResolverSettingError, match=r"dns\.example"):
        nameservers(["dns.example"])
