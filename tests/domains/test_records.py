"""What a domain should publish, compared with what a real name server says."""

import functools
import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.domains import dkim, keymaking, looking
from apps.domains.models import DnsLook, Domain
from apps.domains.queries import sts_policy_of
from apps.domains.records import words
from apps.domains.records.key_record import judge_key
from apps.domains.records.tags import tags_of, versions_of
from apps.domains.records.values import Finding, Kind, Need, State
from apps.domains.resolver import Resolver
from apps.domains.services import SLOTS, new_key
from apps.events.audit import SYSTEM
from apps.protocols.mailauth import sts_policy
from apps.protocols.mailauth.dkim.keys import ED25519
from apps.protocols.mailauth.lookups import Answer, Status
from bench.signing import pair as key_pair
from tests.dns_server import Zone, serving
from tests.factories import a_domain

HOST = "mail.example.test"
REST = f"""
    {HOST} A 192.0.2.25
    {HOST} AAAA 2001:db8::25
    25.2.0.192.in-addr.arpa PTR {HOST}.
    5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR {HOST}.
"""


@pytest.fixture
def domain(db: None, settings: Settings) -> Domain:
    settings.MAIL_HOSTNAME = HOST
    settings.MAIL_IMAPS_PORT, settings.MAIL_SUBMISSIONS_PORT, settings.MAIL_SUBMISSION_PORT = 993, 465, 587
    made = a_domain("shop.test")
    for pair in pairs():
        new_key(made, SLOTS[pair.algorithm][0], pair, timezone.now()).save()
    return made


@functools.cache
def pairs() -> list[keymaking.Pair]:
    """Make keys once: RSA takes a while."""
    return [keymaking.make(algorithm) for algorithm in keymaking.Algorithm]


def everything(domain: Domain) -> str:
    """Return zone text with every record just as it is wanted."""
    lines = []
    for finding in looking.shown(domain).findings:
        record = finding.wanted
        if record.kind == Kind.PTR:
            continue
        value = record.value
        if record.type == "TXT":
            value = " ".join(f'"{value[at : at + 200]}"' for at in range(0, len(value), 200))
        lines.append(f"{record.name} {record.type} {value}")
    return "\n".join(lines) + REST


def look(domain: Domain, zone: str, faults: dict[str, str] | None = None) -> dict[str, Finding]:
    """Return what is found, by kind and, where there are several, what it is about."""
    with serving(Zone(zone, faults)) as server:
        found = looking.look(domain, now=timezone.now(), resolver=Resolver([server]))
    return {f"{one.wanted.kind} {one.wanted.about}".strip(): one for one in found.findings}


def told(domain: Domain, zone: str, what: str) -> tuple[State, str]:
    found = look(domain, zone)[what]
    assert words.reason(found)
    assert "%(" not in words.reason(found)
    return found.state, found.code


def without(zone: str, name: str, *instead: str) -> str:
    kept = [line for line in zone.splitlines() if line.split(maxsplit=1)[:1] != [name]]
    return "\n".join([*kept, *instead])


def test_it_works(domain: Domain) -> None:
    found = look(domain, everything(domain))
    assert {name: one.state for name, one in found.items()} == dict.fromkeys(found, State.OK)
    assert {name: one.code for name, one in found.items() if one.code != "ok"} == {
        "dmarc": "dmarc_none",
        **({"tlsa": "tlsa_insecure"} if "tlsa" in found else {}),
    }
    kept = looking.shown(domain)
    assert kept.at is not None
    assert [one.state for one in kept.findings] == [one.state for one in found.values()]


def test_everything_is_named_whole(domain: Domain) -> None:
    records = {
        f"{one.wanted.kind} {one.wanted.about}".strip(): one.wanted for one in looking.shown(domain).findings
    }
    said = {
        name: (one.need, one.name, one.type, one.value)
        for name, one in records.items()
        if one.kind not in {Kind.DKIM, Kind.TLSA}
    }
    identity = sts_policy.identity(sts_policy_of(domain))
    assert said == {
        "mx": (Need.MUST, "shop.test", "MX", f"10 {HOST}."),
        "spf": (Need.MUST, "shop.test", "TXT", "v=spf1 mx -all"),
        "dmarc": (Need.SHOULD, "_dmarc.shop.test", "TXT", "v=DMARC1; p=none; rua=mailto:dmarc-reports@shop.test"),
        "ptr": (Need.SHOULD, HOST, "PTR", f"{HOST}."),
        "mta_sts": (Need.SHOULD, "_mta-sts.shop.test", "TXT", f"v=STSv1; id={identity}"),
        "mta_sts_host": (Need.SHOULD, "mta-sts.shop.test", "CNAME", f"{HOST}."),
        "tls_rpt": (Need.SHOULD, "_smtp._tls.shop.test", "TXT", "v=TLSRPTv1; rua=mailto:tlsrpt@shop.test"),
        "autoconfig": (Need.NICE, "autoconfig.shop.test", "CNAME", f"{HOST}."),
        "autodiscover": (Need.NICE, "autodiscover.shop.test", "CNAME", f"{HOST}."),
        "srv imaps": (Need.NICE, "_imaps._tcp.shop.test", "SRV", f"0 1 993 {HOST}."),
        "srv submissions": (Need.NICE, "_submissions._tcp.shop.test", "SRV", f"0 1 465 {HOST}."),
        "srv submission": (Need.NICE, "_submission._tcp.shop.test", "SRV", f"0 1 587 {HOST}."),
        "srv autodiscover": (Need.NICE, "_autodiscover._tcp.shop.test", "SRV", f"0 1 443 {HOST}."),
    }  # fmt: skip
    assert records["dkim r1"].value.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert records["dkim e1"].relative_to("shop.test") == "e1._domainkey"
    assert records["mx"].relative_to("shop.test") == "@"


def test_nothing_is_published(domain: Domain) -> None:
    found = look(domain, "elsewhere.test A 192.0.2.1")
    assert {one.state for name, one in found.items() if name != "ptr"} == {State.MISSING}
    assert found["ptr"].state == State.UNKNOWN
    assert [name for name, one in found.items() if one.is_fault] == ["mx", "spf", "dkim r1", "dkim e1"]


def test_a_fault_of_dns_is_not_known_and_no_fault_of_the_domain(domain: Domain) -> None:
    zone = everything(domain)
    names = {line.split()[0]: "servfail" for line in zone.splitlines() if line.strip()}
    found = look(domain, zone, names)
    assert {one.state for one in found.values()} == {State.UNKNOWN}
    assert not any(one.is_fault for one in found.values())
    assert "SERVFAIL" in words.reason(found["mx"])


WRONG: list[tuple[str, str, tuple[str, ...], State, str]] = [
    ("mx", "shop.test", ("shop.test MX 10 mx.elsewhere.test.",), State.WRONG, "mx_elsewhere"),
    ("mx", "shop.test", ("shop.test MX 0 .",), State.WRONG, "mx_null"),
    ("mx", "shop.test", (f"shop.test MX 20 {HOST}.", "shop.test MX 10 mx.test."), State.OK, "mx_others_first"),
    ("mx", HOST, (), State.WRONG, "host_without_address"),
    ("spf", "shop.test", ('shop.test TXT "v=spf1 -all"',), State.WRONG, "spf_not_us"),
    ("spf", "shop.test", ('shop.test TXT "v=spf1 ip4:192.0.2.25 -all"',), State.WRONG, "spf_not_us"),
    ("spf", "shop.test", ('shop.test TXT "v=spf1 +all"',), State.WRONG, "spf_everybody"),
    ("spf", "shop.test", ('shop.test TXT "v=spf1 ipv4:192.0.2.25"',), State.WRONG, "spf_broken"),
    ("spf", "shop.test", ('shop.test TXT "v=spf1 a -all"', 'shop.test TXT "v=spf1 -all"'), State.WRONG, "several"),
    ("spf", "shop.test", ('shop.test TXT "google-site"', f'shop.test TXT "v=spf1 a:{HOST} ~all"'), State.OK, "ok"),
    ("dkim e1", "e1._domainkey.shop.test", ('e1._domainkey.shop.test TXT "v=DKIM1; k=ed25519; p=AAAA"',), State.WRONG, "dkim_other_key"),
    ("dkim e1", "e1._domainkey.shop.test", ('e1._domainkey.shop.test TXT "v=DKIM1; k=ed25519; p="',), State.WRONG, "dkim_revoked"),
    ("dkim e1", "e1._domainkey.shop.test", ('e1._domainkey.shop.test TXT "p=AAAA"',), State.WRONG, "dkim_other_kind"),
    ("dkim e1", "e1._domainkey.shop.test", ('e1._domainkey.shop.test TXT "hello"',), State.WRONG, "dkim_no_key"),
    ("dkim e1", "e1._domainkey.shop.test", ('e1._domainkey.shop.test TXT "p=A"', 'e1._domainkey.shop.test TXT "p=B"'), State.WRONG, "dkim_several"),
    ("dmarc", "_dmarc.shop.test", ('_dmarc.shop.test TXT "v=DMARC1; p=reject; rua=mailto:x@y.test"',), State.OK, "ok"),
    ("dmarc", "_dmarc.shop.test", ('_dmarc.shop.test TXT "v=DMARC1;p=reject"',), State.OK, "dmarc_no_reports"),
    ("dmarc", "_dmarc.shop.test", ('_dmarc.shop.test TXT "v=DMARC1; p=rejct"',), State.WRONG, "dmarc_policy"),
    ("dmarc", "_dmarc.shop.test", ('_dmarc.shop.test TXT "v=spf1 -all"',), State.WRONG, "not_one"),
    ("dmarc", "_dmarc.shop.test", ('_dmarc.shop.test TXT "v=DMARC1; p=none"', '_dmarc.shop.test TXT "v=DMARC1; p=reject"'), State.WRONG, "several"),
    ("ptr", "25.2.0.192.in-addr.arpa", (), State.MISSING, "ptr_missing"),
    ("ptr", "25.2.0.192.in-addr.arpa", ("25.2.0.192.in-addr.arpa PTR host-25.isp.test.",), State.WRONG, "ptr_other"),
    ("mta_sts", "_mta-sts.shop.test", ('_mta-sts.shop.test TXT "v=STSv1; id=old"',), State.WRONG, "sts_id"),
    ("mta_sts_host", "mta-sts.shop.test", ("mta-sts.shop.test A 192.0.2.25",), State.OK, "ok"),
    ("mta_sts_host", "mta-sts.shop.test", ("mta-sts.shop.test A 192.0.2.99",), State.WRONG, "points_elsewhere"),
    ("autoconfig", "autoconfig.shop.test", ("autoconfig.shop.test CNAME nowhere.test.",), State.MISSING, "missing"),
    ("tls_rpt", "_smtp._tls.shop.test", ('_smtp._tls.shop.test TXT "v=TLSRPTv1"',), State.WRONG, "tls_rpt_nowhere"),
    ("srv imaps", "_imaps._tcp.shop.test", (f"_imaps._tcp.shop.test SRV 5 5 993 {HOST}.",), State.OK, "ok"),
    ("srv imaps", "_imaps._tcp.shop.test", (f"_imaps._tcp.shop.test SRV 0 1 143 {HOST}.",), State.WRONG, "points_elsewhere"),
    ("tlsa", f"_25._tcp.{HOST}", (f"_25._tcp.{HOST} TLSA 3 1 1 {'0' * 64}",), State.WRONG, "tlsa_other"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "instead", "state", "code"), WRONG)
def test_each_thing_that_may_be_wrong_is_named(
    domain: Domain,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    name: str,
    instead: tuple[str, ...],
    state: State,
    code: str,
) -> None:
    monkeypatch.setattr(looking, "pinned", lambda: "ab" * 32)
    assert told(domain, without(everything(domain), name, *instead), what) == (state, code)


def test_selectors_may_point_to_us_or_be_published_by_hand(domain: Domain, settings: Settings) -> None:
    by_hand = everything(domain)
    settings.MAIL_DKIM_ZONE = "dkim.mail.example.test"
    pointed = everything(domain)
    served = "\n".join(line.replace(" 3600 IN", "").replace(". TXT", " TXT") for line in zone_of())
    found = look(domain, f"{pointed}\n{served}")
    slots = {name: (one.state, one.code) for name, one in found.items() if name.startswith("dkim_cname")}
    assert slots == dict.fromkeys(
        ("dkim_cname r1", "dkim_cname e1", "dkim_cname r2", "dkim_cname e2"), (State.OK, "ok")
    )
    assert told(domain, pointed, "dkim_cname r1") == (State.WRONG, "dkim_zone_silent")
    assert told(domain, by_hand, "dkim_cname r1") == (State.OK, "dkim_by_hand")
    assert told(domain, by_hand, "dkim_cname r2") == (State.MISSING, "missing")
    assert told(domain, "x.test A 192.0.2.1", "dkim_cname r1") == (State.MISSING, "missing")


def zone_of() -> list[str]:
    out = io.StringIO()
    call_command("dkim", "zone", stdout=out)
    return out.getvalue().splitlines()


def test_what_changed_since_is_not_known(domain: Domain) -> None:
    look(domain, everything(domain))
    dkim.retire(domain=domain, selector="r1", actor=SYSTEM)
    dkim.add_missing(domain=domain, actor=SYSTEM)
    found = {one.wanted.about: one for one in looking.shown(domain).findings if one.wanted.kind == Kind.DKIM}
    assert {name: one.code for name, one in found.items()} == {"r1": "not_looked", "e1": "ok"}


def test_hostile_answers_are_kept_as_text(domain: Domain) -> None:
    zone = without(
        everything(domain), "_dmarc.shop.test", r'_dmarc.shop.test TXT "v=DMARC1; p=\000\255\027[31m"'
    )
    assert told(domain, zone, "dmarc") == (State.WRONG, "dmarc_policy")
    [kept] = [one for one in DnsLook.objects.get(domain=domain).findings if one["kind"] == "dmarc"]
    assert "\x1b" not in kept["found"][0]
    assert "\0" not in kept["found"][0]


def test_a_mode_of_none_wants_no_record(domain: Domain) -> None:
    domain.sts_mode = "none"
    kinds = {one.wanted.kind for one in looking.shown(domain).findings}
    assert not kinds & {Kind.MTA_STS, Kind.MTA_STS_HOST}


@pytest.fixture
def check(settings: Settings) -> Callable[..., str]:
    def run(zone: str, *words_: str) -> str:
        out = io.StringIO()
        with serving(Zone(zone)) as server:
            settings.MAIL_DNS_SERVERS = [server]
            call_command("domain", "check", *words_, stdout=out)
        return out.getvalue()

    return run


def test_the_command_is_content(domain: Domain, check: Callable[..., str]) -> None:
    lines = check(everything(domain), "shop.test").splitlines()
    assert lines[0] == "in order   Needed        MX     shop.test"
    rows = [json.loads(line) for line in check(everything(domain), "shop.test", "--json").splitlines()]
    assert {row["state"] for row in rows} == {"ok"}


def test_the_command_fails_where_something_is_to_be_done(domain: Domain, check: Callable[..., str]) -> None:
    with pytest.raises(CommandError, match=r"shop\.test: 1 of 1\d records to be put right") as failed:
        check(without(everything(domain), "e1._domainkey.shop.test"), "shop.test")
    assert failed.value.returncode == 1


def test_due_domains_are_looked_at(domain: Domain, settings: Settings) -> None:
    a_domain("later.test")
    with serving(Zone(everything(domain))) as server:
        settings.MAIL_DNS_SERVERS = [server]
        assert looking.look_due(may_go_on=lambda: False) == 0
        # Domains that other tests have committed may be due before ours: a turn looks at so many.
        turns = [looking.look_due(may_go_on=lambda: True) for _ in range(10)]
        assert sum(turns) >= 2
        assert DnsLook.objects.filter(domain__name="later.test").exists()
    assert looking.faulty(Domain.objects.filter(id=domain.id), most=5) == []
    # Beside what other tests have committed.
    [later] = looking.faulty(Domain.objects.filter(name__in=["shop.test", "later.test"]), most=5)
    assert (later.domain.name, later.faults) == ("later.test", 2)


def test_a_key_is_right_if_those_who_verify_can_read_it() -> None:
    _, record = key_pair(ED25519, "e1")
    public = record.rpartition("p=")[2]

    def judged(text: str) -> tuple[State, str]:
        return judge_key(Answer(Status.FOUND, (text,)), "ed25519", public)

    assert judged(record) == (State.OK, "ok")
    assert judged(record + "; t=y") == (State.OK, "dkim_testing")
    for change in (
        ("p=", "P="),
        ("k=ed25519", "K=ed25519"),
        ("k=ed25519", "k=ED25519"),
        ("v=DKIM1; ", "x; "),
    ):
        text = record.replace(*change)
        assert judged(text)[0] is State.WRONG, text
    assert judged(record + "; p=" + public) == (State.WRONG, "dkim_malformed")
    assert judged("k=ed25519; v=DKIM1; p=" + public) == (State.WRONG, "dkim_malformed")
    assert judged(record + "; h=SHA256") == (State.WRONG, "dkim_malformed")
    assert judged(record + "; h=sha1") == (State.WRONG, "dkim_hash")


@given(st.text(max_size=200))
def test_no_text_fails(text: str) -> None:
    tags_of(text)
    versions_of((text,), "DMARC1")
    judge_key(Answer(Status.FOUND, (text,)), "rsa", "AAAA")
