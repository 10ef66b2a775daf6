"""What domains and organisations hold is summed, and where they hold what they may, there is no room."""

import pytest

from apps.domains.models import Domain
from apps.domains.services import set_quota
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox, Usage, UsageSum
from apps.mailboxes.services import count_sums
from apps.mailboxes.sql import Place, route
from apps.organisations import services as organisations
from tests.factories import a_domain, a_mailbox, a_role, an_alias

pytestmark = pytest.mark.django_db


@pytest.fixture
def example() -> Domain:
    """Alice and bob hold 300 bytes in a domain; carol 1,000 in another of their organisation; mallory is a stranger."""
    domain = a_domain()
    holds(a_mailbox("alice", domain=domain), 100)
    holds(a_mailbox("bob", domain=domain), 200)
    holds(a_mailbox("carol", domain=a_domain(organisation=domain.organisation)), 1000)
    perform(count_sums())
    return domain


def holds(mailbox: Mailbox, size: int) -> None:
    Usage.objects.filter(mailbox=mailbox).update(bytes=size, messages=size // 100)


def sums(domain: Domain) -> set[tuple[str | None, int, int]]:
    rows = UsageSum.objects.filter(organisation=domain.organisation)
    return set(rows.values_list("domain__name", "bytes", "messages"))


def end(address: str) -> Place:
    [place] = perform(route(address)).places
    return place


def test_it_works(example: Domain) -> None:
    other = Domain.objects.exclude(id=example.id).get(organisation=example.organisation)
    assert sums(example) == {(example.name, 300, 3), (other.name, 1000, 10), (None, 1300, 13)}
    empty = a_domain()
    perform(count_sums())
    assert sums(empty) == {(empty.name, 0, 0), (None, 0, 0)}


def test_only_what_is_new_is_written(example: Domain) -> None:
    assert perform(count_sums()) == 0
    alice = Mailbox.objects.get(domain=example, local_part="alice")
    holds(alice, 500)
    assert perform(count_sums()) == 2
    assert {row[1] for row in sums(example)} == {700, 1000, 1700}
    alice.delete()
    perform(count_sums())
    assert {row[1] for row in sums(example)} == {200, 1000, 1200}


def test_a_full_domain_has_no_room_and_its_neighbour_has(example: Domain) -> None:
    alice, carol = (
        Mailbox.objects.get(domain__organisation=example.organisation, local_part=n)
        for n in ("alice", "carol")
    )
    set_quota(domain=example, quota_bytes=301, actor=SYSTEM)
    assert end(str(alice)).over is None
    set_quota(domain=example, quota_bytes=300, actor=SYSTEM)
    assert (end(str(alice)).over, end(str(alice)).room) == ("domain", 0)
    assert end(str(carol)).over is None
    set_quota(domain=example, quota_bytes=None, actor=SYSTEM)
    assert end(str(alice)).over is None


def test_a_full_organisation_has_no_room_in_any_domain_and_mallory_has(example: Domain) -> None:
    mallory = a_mailbox("mallory")
    organisations.set_quota(organisation=mallory.domain.organisation, quota_bytes=1000, actor=SYSTEM)
    organisations.set_quota(organisation=example.organisation, quota_bytes=1300, actor=SYSTEM)
    for mailbox in Mailbox.objects.filter(domain__organisation=example.organisation):
        assert (end(str(mailbox)).over, end(str(mailbox)).room) == ("organisation", 0)
    assert end(str(mallory)).over is None


def test_where_an_alias_ends_counts(example: Domain) -> None:
    sales = an_alias("sales", f"alice@{example.name}", domain=a_domain())
    away = an_alias("away", "friend@elsewhere.example", domain=example)
    set_quota(domain=example, quota_bytes=1, actor=SYSTEM)
    assert end(str(sales)).over == "domain"
    assert end(str(away)).over is None


def test_where_postmaster_ends_counts(example: Domain) -> None:
    carol = Mailbox.objects.get(domain__organisation=example.organisation, local_part="carol")
    a_role(carol.owner, "domain_admin", domain=example)
    set_quota(domain=example, quota_bytes=1, actor=SYSTEM)
    assert end(f"postmaster@{example.name}").over is None
    set_quota(domain=carol.domain, quota_bytes=1, actor=SYSTEM)
    assert end(f"postmaster@{example.name}").over == "domain"


def test_what_was_never_counted_has_room() -> None:
    alice = a_mailbox("alice")
    holds(alice, 1000)
    set_quota(domain=alice.domain, quota_bytes=1, actor=SYSTEM)
    assert end(str(alice)).over is None
    perform(count_sums())
    assert end(str(alice)).over == "domain"
