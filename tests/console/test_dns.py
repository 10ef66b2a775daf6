"""The page that says what a domain should publish: read by whoever sees the domain, changed by whoever may change it."""

import base64
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.models import User
from apps.domains import dkim
from apps.domains.keymaking import Algorithm
from apps.domains.models import DkimKey, DnsLook, Domain
from apps.domains.records.key_record import key_text
from apps.domains.services import find_domain
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from tests.console.browser import browser
from tests.dns_server import Zone, serving
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def key(domain: Domain) -> DkimKey:
    [made] = dkim.rotate(domain=domain, algorithms=[Algorithm.ED25519], actor=SYSTEM)
    return made


@pytest.fixture
def place(domain: Domain) -> str:
    return f"/console/domains/{domain.id}/"


def published(key: DkimKey) -> str:
    return f'e1._domainkey.{key.domain.name} TXT "{key_text("ed25519", key.public)}"'


def test_it_works(
    page: Client,
    place: str,
    key: DkimKey,
    settings: Settings,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    shown = text(page.get(place + "dns"))
    assert "Nobody has looked yet" in shown
    assert "Everything that mail needs" not in shown
    with serving(Zone(published(key))) as server:
        settings.MAIL_DNS_SERVERS = [server]
        assert page.post(place + "dns").headers["Location"] == place + "dns"
    with django_assert_max_num_queries(9):
        shown = text(page.get(place + "dns"))
    assert "2 records have to be put right" in shown  # MX and SPF; the key is there.
    assert key_text("ed25519", key.public) in shown
    assert 'data-copies="record-0-value"' in shown
    assert "waits to be seen in DNS" in shown
    assert f"{key.domain.name}: 2 records in DNS have to be put right" in text(page.get("/console/"))


def test_whoever_asks_at_once_again_is_shown_the_same(page: Client, place: str, domain: Domain) -> None:
    page.post(place + "dns")
    first = DnsLook.objects.get(domain=domain).looked_at
    page.post(place + "dns")
    assert DnsLook.objects.get(domain=domain).looked_at == first


def test_a_key_signs_only_if_it_is_seen(page: Client, place: str, key: DkimKey, settings: Settings) -> None:
    ask = f"{place}keys/{key.id}/activate"
    answer = page.post(ask)
    assert answer.status_code == 422
    assert "not seen in DNS yet" in text(answer)
    with serving(Zone(published(key))) as server:
        settings.MAIL_DNS_SERVERS = [server]
        assert page.post(ask).status_code == 302
    assert "signs" in text(page.get(place + "dns"))
    assert page.post(f"{place}keys/{key.id}/retire").status_code == 302
    assert page.post(f"{place}keys/{key.id}/remove").status_code == 302
    assert not DkimKey.objects.filter(domain=key.domain).exists()
    told = AuditEntry.objects.filter(action__startswith="dkim.", actor=f"boss@{key.domain.name}")
    assert list(told.order_by("id").values_list("action", flat=True)) == [
        "dkim.activate",
        "dkim.retire",
        "dkim.remove",
    ]


def test_the_next_keys_are_made(page: Client, place: str, key: DkimKey) -> None:
    assert page.post(place + "keys/rotate").status_code == 302
    assert [one.selector for one in dkim.keys_of(key.domain)] == ["r1", "e1"]
    answer = page.post(place + "keys/rotate")
    assert answer.status_code == 422
    assert "wait until they are seen" in text(answer)


def test_the_rule_for_tls_is_changed(page: Client, place: str, domain: Domain) -> None:
    assert "only report" in text(page.get(place + "dns"))
    assert page.post(place + "mta-sts", {"mode": "enforce"}).status_code == 302
    assert find_domain(domain.name).sts_mode == "enforce"
    assert page.post(place + "mta-sts", {"mode": "perhaps"}).status_code == 422
    told = AuditEntry.objects.get(action="domain.mta_sts", target_id=str(domain.id))
    assert told.details == {"before": "testing", "after": "enforce"}


def test_private_keys_are_on_no_page(page: Client, place: str, key: DkimKey) -> None:
    shown = text(page.get(place + "dns"))
    private = bytes(DkimKey.objects.get(id=key.id).private)
    for form in (private.hex(), base64.b64encode(private).decode(), base64.b64encode(private[-32:]).decode()):
        assert form not in shown


def test_mallory_sees_nothing_and_a_domain_admin_changes_nothing(
    place: str, domain: Domain, key: DkimKey
) -> None:
    mallory = a_user("mallory", domain=a_domain())
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    admin = a_user("admin", domain=domain)
    a_role(admin, "domain_admin", domain=domain)
    for path in ("dns", "mta-sts", "keys/rotate", f"keys/{key.id}/retire"):
        assert browser(mallory).get(place + path).status_code == 404
        assert browser(admin).get(place + path).status_code == (200 if path == "dns" else 403)
    assert "Retire" not in text(browser(admin).get(place + "dns"))


def test_a_key_of_another_domain_is_not_found(page: Client, boss: User, place: str) -> None:
    other = a_domain(organisation=boss.organisation)
    [theirs] = dkim.rotate(domain=other, algorithms=[Algorithm.ED25519], actor=SYSTEM)
    assert page.get(f"{place}keys/{theirs.id}/retire").status_code == 404
    assert page.get(f"{place}keys/{theirs.id}/explode").status_code == 404
