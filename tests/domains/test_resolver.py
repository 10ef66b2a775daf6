"""What DNS says, and what it cannot say at the moment, asked of a real server."""

import asyncio
from collections.abc import Iterator

import dns.flags
import pytest

from apps.domains.resolver import Resolver, ResolverSettingError, nameservers
from apps.domains.resolver.reading import to_name
from apps.domains.resolver.servers import are_trusted
from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status, Tlsa, reverse_name
from apps.protocols.smtp.targets import Hosts, Problem, find_addresses, find_hosts
from tests.dns_server import (
    GARBAGE,
    HALF_ALIAS,
    LAME,
    REFUSED,
    SECURE,
    SERVFAIL,
    SILENT,
    TRUNCATE,
    TRUNCATE_ALWAYS,
    WRONG_ID,
    WRONG_QUESTION,
    WRONG_SOURCE,
    Zone,
    serving,
)

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
dangling.example     CNAME gone.example.
loop.example         CNAME loop2.example.
loop2.example        CNAME loop.example.
empty.example        TXT   "no mail here"
ours.example         MX    10 mail.example.test.
ours.example         MX    20 backup.far.example.
mixed.example        MX    5 mx.far.example.
mixed.example        MX    10 mail.example.test.
mixed.example        MX    20 backup.far.example.
big.example          MX    10 mx.far.example.
_25._tcp.mx.far.example  TLSA  3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
1.2.0.192.in-addr.arpa   PTR   MX.far.example.
far.example          NS    ns.far.example.
_imaps._tcp.far.example  SRV   0 1 993 mail.far.example.
half.example         CNAME far.example.
secure.example       A     192.0.2.7
forged-id.example        A     192.0.2.8
forged-source.example    A     192.0.2.8
forged-question.example  A     192.0.2.8
odd.example          TXT   "\\195\\188 \\255"
"""
FAULTS = {
    "big.example": TRUNCATE,
    "endless.example": TRUNCATE_ALWAYS,
    "broken.example": SERVFAIL,
    "refused.example": REFUSED,
    "lame.example": LAME,
    "half.example": HALF_ALIAS,
    "slow.example": SILENT,
    "garbage.example": GARBAGE,
    "secure.example": SECURE,
    "no-secure.example": SECURE,
    "forged-id.example": WRONG_ID,
    "forged-source.example": WRONG_SOURCE,
    "forged-question.example": WRONG_QUESTION,
}


@pytest.fixture(scope="module")
def zone() -> Iterator[tuple[Zone, str]]:
    zone = Zone(ZONE, FAULTS)
    with serving(zone) as address:
        yield zone, address


@pytest.fixture
def resolver(zone: tuple[Zone, str]) -> Resolver:
    return Resolver([zone[1]])


def both(resolver: Resolver, name: str, kind: str) -> Answer:
    """Ask by both drivers; they must agree."""
    answer = asyncio.run(resolver.ask(Lookup(name, kind)))
    other = Resolver([str(resolver._sync.nameservers[0]).removeprefix("Do53:").replace("@", ":")])
    found = other.ask_sync(Lookup(name, kind))
    assert (found.status, set(found.records), found.secure) == (
        answer.status,
        set(answer.records),
        answer.secure,
    )
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


@pytest.mark.parametrize(
    "name",
    [
        "broken.example", "refused.example", "lame.example", "half.example", "loop.example", "endless.example",
        "a..example", "x" * 64 + ".example", ".".join(["x" * 60] * 5), "",
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_a_fault(resolver: Resolver, name: str) -> None:
    answer = both(resolver, name, "A")
    assert answer.status is Status.FAULT
    assert answer.reason.startswith("A ")


def test_garbage_is_a_fault(resolver: Resolver) -> None:
    def one() -> Inquiry[Answer]:
        return (yield Lookup("garbage.example", "A"))

    assert asyncio.run(resolver.run(one(), seconds=0.3)).status is Status.FAULT
    assert resolver.run_sync(one(), seconds=0.3).status is Status.FAULT


@pytest.mark.parametrize("how", ["id", "source", "question"])
def test_a_forgery_is_not_heard(resolver: Resolver, how: str) -> None:
    assert both(resolver, f"forged-{how}.example", "A").texts == ("192.0.2.8",)


def test_other_kinds(resolver: Resolver) -> None:
    data = bytes.fromhex("00112233445566778899aabbccddeeff" * 2)
    assert both(resolver, "_25._tcp.mx.far.example", "TLSA").records == (Tlsa(3, 1, 1, data),)
    assert both(resolver, reverse_name("192.0.2.1"), "PTR").texts == ("mx.far.example",)
    assert both(resolver, "alias.example", "CNAME").texts == ("far.example",)
    assert both(resolver, "far.example", "NS").texts == ("ns.far.example",)
    assert both(resolver, "_imaps._tcp.far.example", "SRV").texts == ("0 1 993 mail.far.example",)
    assert both(resolver, "odd.example", "TXT").texts == ("ü \udcff",)


def test_what_an_alias_points_to_may_be_missing_while_it_exists(resolver: Resolver) -> None:
    assert both(resolver, "dangling.example", "A").status is Status.NO_DOMAIN
    assert both(resolver, "dangling.example", "CNAME").texts == ("gone.example",)


def test_the_name_of_an_address() -> None:
    assert reverse_name("192.0.2.1") == "1.2.0.192.in-addr.arpa"
    assert reverse_name("2001:db8::1").startswith("1.0.0.0.")


def test_a_backslash_is_no_escape() -> None:
    assert to_name("a\\046b.example").labels == (b"a\\046b", b"example", b"")
    assert to_name("ü.example").labels[0] == "ü".encode()


@pytest.mark.parametrize(
    ("trusted", "is_secure"), [(["127.0.0.0/8"], True), (["192.0.2.0/24"], False), ([], False)]
)
def test_dnssec_is_believed_from_those_we_trust(
    zone: tuple[Zone, str], trusted: list[str], is_secure: bool
) -> None:
    resolver = Resolver([zone[1]], trusted)
    for name in ("secure.example", "no-secure.example"):
        assert resolver.ask_sync(Lookup(name, "A")).secure is is_secure
        assert asyncio.run(Resolver([zone[1]], trusted).ask(Lookup(name, "A"))).secure is is_secure
    assert bool(zone[0].flags[-1] & dns.flags.AD) is is_secure
    assert resolver.ask_sync(Lookup("plain.example", "A")).secure is False


def test_one_server_that_is_not_trusted_spoils_the_others() -> None:
    assert are_trusted(nameservers(["127.0.0.1", "[::1]:53"]), ["127.0.0.0/8", "::1"])
    assert not are_trusted(nameservers(["127.0.0.1", "192.0.2.1"]), ["127.0.0.0/8"])
    assert not are_trusted([], ["127.0.0.0/8"])


def test_without_a_server_every_question_is_a_fault() -> None:
    resolver = Resolver(["127.0.0.1:1"])
    resolver._has_servers = False
    assert resolver.ask_sync(Lookup("other.example", "A")).reason.endswith("no name server is set")
    assert asyncio.run(resolver.ask(Lookup("third.example", "A"))).status is Status.FAULT


def test_an_inquiry_ends_when_its_time_is_up(resolver: Resolver) -> None:
    def two() -> Inquiry[tuple[Answer, Answer]]:
        one = yield Lookup("slow.example", "MX")
        other = yield Lookup("far.example", "AAAA")
        return one, other

    one, other = asyncio.run(resolver.run(two(), seconds=0.3))
    assert (one.status, other.status) == (Status.FAULT, Status.FAULT)
    assert one.is_late
    assert other.is_late
    assert "out of time" in one.reason
    one, other = Resolver(
        [str(resolver._sync.nameservers[0]).removeprefix("Do53:").replace("@", ":")]
    ).run_sync(two(), seconds=0.3)
    assert (one.status, other.status) == (Status.FAULT, Status.FAULT)
    assert one.is_late
    assert other.is_late


def test_server_entries() -> None:
    assert [str(s) for s in nameservers(["192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53"])] == [
        "Do53:192.0.2.1@53",
        "Do53:192.0.2.1@5353",
        "Do53:2001:db8::1@53",
    ]
    with pytest.raises(ResolverSettingError, match=r"dns\.example"):
        nameservers(["dns.example"])
