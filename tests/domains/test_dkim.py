"""Keys that sign mail: made with a domain, active once seen in DNS, and never shown to anybody."""

import datetime as dt
import io
import json
from itertools import takewhile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.domains import dkim, keymaking, rotation
from apps.domains.keymaking import Algorithm
from apps.domains.models import DkimKey, Domain
from apps.domains.records.key_record import key_text
from apps.domains.resolver import Resolver
from apps.domains.services import create_domain
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError, DirectoryError
from tests.dns_server import Zone, serving
from tests.factories import a_domain, an_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]

DAY = dt.timedelta(days=1)
ZONE = "dkim.mail.example.test"


def selectors(domain: Domain) -> dict[str, str]:
    return {key.selector: key.state for key in dkim.keys_of(domain)}


def published(*keys: DkimKey) -> str:
    """Return zone text that publishes keys, a long one in two strings as it must be."""
    lines = []
    for key in keys:
        text = key_text(Algorithm(key.algorithm).kind, key.public)
        quoted = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
        lines.append(f"{key.selector}._domainkey.{key.domain.name} TXT {quoted}")
    return "\n".join(lines)


def advance(zone: str, now: dt.datetime) -> list[str]:
    with serving(Zone(zone)) as server:
        return rotation.advance(now=now, resolver=Resolver([server]))


def test_it_works() -> None:
    domain = create_domain(organisation=an_organisation(), name="signs.test", actor=SYSTEM)
    keys = dkim.keys_of(domain)
    assert [(key.selector, key.algorithm, key.bits, key.state) for key in keys] == [
        ("r1", "rsa-sha256", 2048, "pending"),
        ("e1", "ed25519-sha256", 256, "pending"),
    ]
    now = timezone.now()
    assert advance("signs.test MX 10 mail.test.", now) == []
    assert advance(published(*keys), now) == [
        "r1._domainkey.signs.test activated",
        "e1._domainkey.signs.test activated",
    ]
    assert selectors(domain) == {"r1": "active", "e1": "active"}


def test_the_next_key_signs_when_it_is_seen_for_a_day_and_the_one_before_stays_published() -> None:
    domain = create_domain(organisation=an_organisation(), name="turns.test", actor=SYSTEM)
    first, now = list(dkim.keys_of(domain)), timezone.now()
    advance(published(*first), now)
    dkim.rotate(domain=domain, actor=SYSTEM)
    assert dkim.rotate(domain=domain, actor=SYSTEM) == []  # They wait already.
    everything = list(dkim.keys_of(domain))
    assert selectors(domain) == {"r1": "active", "r2": "pending", "e1": "active", "e2": "pending"}
    assert advance(published(*first), now + 30 * DAY) == []
    assert advance(published(*everything), now + 31 * DAY) == []
    # Gone meanwhile: it counts from anew.
    assert advance(published(*first), now + 32 * DAY) == []
    assert advance(published(*everything), now + 33 * DAY) == []
    assert len(advance(published(*everything), now + 34 * DAY)) == 2
    assert selectors(domain) == {"r1": "retired", "r2": "active", "e1": "retired", "e2": "active"}
    advance(published(*everything), now + 49 * DAY)
    assert selectors(domain) == {"r2": "active", "e2": "active"}
    dkim.rotate(domain=domain, actor=SYSTEM)
    assert selectors(domain)["r1"] == "pending"


def test_a_fault_of_dns_is_no_missing_key() -> None:
    domain = create_domain(organisation=an_organisation(), name="fault.test", actor=SYSTEM)
    [key, _] = dkim.keys_of(domain)
    now = timezone.now()
    dkim.saw(key=key, is_seen=True, now=now)
    with serving(Zone("", {"r1._domainkey.fault.test": "servfail"})) as server:
        assert not rotation.look(key, resolver=Resolver([server]), now=now)
    key.refresh_from_db(fields=["seen_at"])
    assert key.seen_at == now


def test_domains_that_point_here_are_given_new_keys_by_themselves(settings: Settings) -> None:
    settings.MAIL_DKIM_ZONE, settings.MAIL_DKIM_DAYS = ZONE, 90
    pointed = create_domain(organisation=an_organisation(), name="pointed.test", actor=SYSTEM)
    alone = create_domain(organisation=an_organisation(), name="alone.test", actor=SYSTEM)
    now = timezone.now()
    for domain in (pointed, alone):
        for selector in ("r1", "e1"):
            dkim.activate(domain=domain, selector=selector, actor=SYSTEM, now=now)
    aliases = "\n".join(
        f"{slot}._domainkey.pointed.test CNAME {slot}.pointed.test.{ZONE}."
        for slot in ("r1", "r2", "e1", "e2")
    )
    assert advance(aliases, now + 89 * DAY) == []
    assert advance(aliases, now + 90 * DAY) == [
        "r2._domainkey.pointed.test made",
        "e2._domainkey.pointed.test made",
    ]
    assert selectors(alone) == {"r1": "active", "e1": "active"}
    # What our zone answers, its slots lead to.
    out = io.StringIO()
    call_command("dkim", "zone", stdout=out)
    served = [line.split(". ", 1)[0] + line.split(" IN", 1)[1] for line in out.getvalue().splitlines()]
    assert len(served) == 6
    zone = aliases + "\n" + "\n".join(served)
    assert advance(zone, now + 91 * DAY) == []
    assert advance(zone, now + 92 * DAY) == [
        "r2._domainkey.pointed.test activated",
        "e2._domainkey.pointed.test activated",
    ]


def test_domains_from_before_there_were_keys_get_some() -> None:
    domain = a_domain()
    assert rotation.make_first(may_go_on=lambda: False) == 0
    # Other tests leave domains behind that have none, and no turn takes them all.
    turns = takewhile(bool, (rotation.make_first() for _ in range(50)))
    assert sum(turns) >= 1
    assert selectors(domain) == {"r1": "pending", "e1": "pending"}


def test_a_key_of_another_server_is_taken_over(tmp_path: Path) -> None:
    domain = create_domain(organisation=an_organisation(), name="moved.test", actor=SYSTEM)
    pair = keymaking.make(Algorithm.RSA)
    path = tmp_path / "key.der"
    path.write_bytes(pair.private)
    out = io.StringIO()
    call_command("dkim", "import", "moved.test", "Mail2019", str(path), stdout=out)
    assert out.getvalue() == "keeps mail2019, 2048 bits of rsa-sha256; it signs once it is seen in DNS\n"
    # It takes the place of the one made with the domain, which nobody has seen.
    assert selectors(domain) == {"e1": "pending", "mail2019": "pending"}
    key = DkimKey.objects.get(domain=domain, selector="mail2019")
    assert (bytes(key.private), key.public) == (pair.private, pair.public)
    with pytest.raises(AlreadyExistsError):
        dkim.import_key(domain=domain, selector="e1", private=pair.private, actor=SYSTEM)


def test_what_is_no_key_is_not_taken_and_not_repeated() -> None:
    domain = a_domain()
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = small.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    for data in (
        b"",
        b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
        bytes(40_000),
        pem,
        curve.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    ):
        with pytest.raises(DirectoryError) as refused:
            dkim.import_key(domain=domain, selector="s1", private=data, actor=SYSTEM)
        assert "hunter2" not in str(refused.value)
    good = keymaking.make(Algorithm.ED25519).private
    for selector in ("", "a b", "../x", "-a", "a.", "a;p=", "x" * 64, "s1\n2", "ä"):
        with pytest.raises(DirectoryError):
            dkim.import_key(domain=domain, selector=selector, private=good, actor=SYSTEM)


@pytest.mark.parametrize("selector", ["A", "a b", "a;p=", "a..b", "-a", "a\n", ""])
def test_the_database_refuses_what_is_no_selector(selector: str) -> None:
    domain = a_domain()
    with pytest.raises(IntegrityError), transaction.atomic():
        DkimKey.objects.create(
            domain=domain,
            selector=selector,
            algorithm="rsa-sha256",
            private=b"x",
            public="x",
            bits=1,
            made_at=timezone.now(),
        )


def test_private_keys_are_sealed_and_never_told() -> None:
    domain = create_domain(organisation=an_organisation(), name="quiet.test", actor=SYSTEM)
    pair = keymaking.make(Algorithm.ED25519)
    assert repr(pair.private) not in repr(pair)
    key = DkimKey.objects.get(domain=domain, selector="e1")
    assert repr(key) == "<DkimKey: e1 (ed25519-sha256)>"
    dkim.activate(domain=domain, selector="e1", actor=SYSTEM)
    dkim.rotate(domain=domain, actor=SYSTEM)
    told = json.dumps(list(AuditEntry.objects.values_list("details", flat=True)))
    assert "e2" in told
    for one in DkimKey.objects.filter(domain=domain):
        assert bytes(one.private).hex() not in told
    with connection.cursor() as cursor:
        cursor.execute("SELECT private FROM domains_dkimkey WHERE id = %s", [key.id])
        [row] = cursor.fetchall()
    assert bytes(key.private) not in bytes(row[0])
    out = io.StringIO()
    call_command("dkim", "list", "quiet.test", "--json", stdout=out)
    assert "p=" in out.getvalue()
    assert "private" not in out.getvalue()


def test_the_command_says_what_it_did(settings: Settings) -> None:
    domain = create_domain(organisation=an_organisation(), name="said.test", actor=SYSTEM)

    def said(*words: str) -> str:
        out = io.StringIO()
        call_command("dkim", *words, stdout=out)
        return out.getvalue().strip()

    with serving(Zone("other.test A 127.0.0.1")) as server:
        settings.MAIL_DNS_SERVERS = [server]
        with pytest.raises(CommandError, match="not seen in DNS"):
            said("activate", "said.test", "r1")
        assert said("look") == ""
    assert said("activate", "said.test", "r1", "--unseen") == "r1 signs the mail of said.test"
    with pytest.raises(CommandError, match="retire it first"):
        said("remove", "said.test", "r1")
    assert said("retire", "said.test", "r1") == "r1 signs no more mail of said.test"
    assert said("make", "said.test").startswith(
        "made r2._domainkey.said.test; it signs once this TXT record is seen: v=DKIM1"
    )
    assert said("remove", "said.test", "r1") == "forgot r1 of said.test"
    assert selectors(domain) == {"r2": "pending", "e1": "pending"}
    with pytest.raises(CommandError, match="MAIL_DKIM_ZONE is not set"):
        said("zone")
    with pytest.raises(CommandError, match="no key x9"):
        said("retire", "said.test", "x9")
