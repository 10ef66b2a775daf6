"""Where an address leads."""

import asyncio

import psycopg
import pytest

from apps.domains.services import disable_domain
from apps.events.audit import SYSTEM
from apps.events.database import connection_arguments
from apps.events.transactions import perform
from apps.mailboxes.models import Usage
from apps.mailboxes.services import disable_alias, disable_mailbox
from apps.mailboxes.sql import Leads, Route, find_route, route, routes
from apps.organisations.services import disable_organisation
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias, an_organisation

pytestmark = pytest.mark.django_db


def lead(key: str) -> Route:
    return perform(route(key))


def test_it_works() -> None:
    alice = a_mailbox("alice", quota_bytes=1000)
    Usage.objects.filter(mailbox=alice).update(bytes=990)
    found = lead(str(alice))
    assert (found.leads, found.via_alias) == (Leads.HERE, False)
    (place,) = found.places
    assert (place.mailbox_id, place.organisation_id) == (alice.id, alice.domain.organisation_id)
    assert (place.quota_bytes, place.used_bytes, place.room) == (1000, 990, 10)


def test_a_mailbox_without_quota_always_has_room() -> None:
    assert lead(str(a_mailbox(quota_bytes=0))).places[0].room is None


def test_what_follows_a_plus_is_a_tag() -> None:
    alice = a_mailbox("alice")
    assert lead(f"alice+shop+2@{alice.domain.name}").places[0].mailbox_id == alice.id
    assert lead(f"+alice@{alice.domain.name}").leads == Leads.UNKNOWN


def test_an_alias_with_a_tag_leads_where_it_leads_without() -> None:
    alice = a_mailbox("alice")
    an_alias("sales", str(alice), domain=alice.domain)
    assert lead(f"sales+spring@{alice.domain.name}").places[0].mailbox_id == alice.id


def test_an_alias_leads_to_the_same_address_however_its_accents_are_written() -> None:
    jose = a_mailbox("jos\u00e9")
    an_alias("sales", f"Jose\u0301@{jose.domain.name}", domain=jose.domain)
    assert lead(f"sales@{jose.domain.name}").places[0].mailbox_id == jose.id


def test_an_alias_leads_to_many_but_not_to_everybody() -> None:
    domain = a_domain()
    for n in range(3):
        an_alias(f"list{n}", *(f"m{i}@{n}.example" for i in range(990)), domain=domain)
    an_alias("two", *(f"list{n}@{domain.name}" for n in range(2)), domain=domain)
    an_alias("three", *(f"list{n}@{domain.name}" for n in range(3)), domain=domain)
    assert len(lead(f"two@{domain.name}").places) == 1980
    assert lead(f"three@{domain.name}") == Route(f"three@{domain.name}", Leads.DISABLED, (), via_alias=True)


def test_an_address_nobody_has_is_unknown() -> None:
    domain = a_domain()
    assert lead(f"nobody@{domain.name}") == Route(f"nobody@{domain.name}", Leads.UNKNOWN)


def test_a_domain_we_do_not_serve_is_elsewhere() -> None:
    assert lead("friend@elsewhere.example").leads == Leads.ELSEWHERE
    assert lead("friend@[192.0.2.1]").leads == Leads.ELSEWHERE


def test_an_alias_leads_to_all_its_ends_once() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    an_alias("team", f"alice@{domain.name}", f"Bob@{domain.name}", "Carol@elsewhere.example", domain=domain)
    an_alias("all", f"team@{domain.name}", str(alice), f"alice+all@{domain.name}", domain=domain)
    found = lead(f"all@{domain.name}")
    assert found.via_alias
    assert {place.mailbox_id for place in found.places} == {alice.id, bob.id, None}
    assert len(found.places) == 3
    (carol,) = [place for place in found.places if place.mailbox_id is None]
    assert (carol.address, carol.organisation_id) == ("Carol@elsewhere.example", domain.organisation_id)


def test_a_loop_of_aliases_ends() -> None:
    domain = a_domain()
    alice = a_mailbox("alice", domain=domain)
    an_alias("ping", f"pong@{domain.name}", str(alice), domain=domain)
    an_alias("pong", f"ping@{domain.name}", domain=domain)
    an_alias("void", f"void@{domain.name}", domain=domain)
    assert [place.mailbox_id for place in lead(f"pong@{domain.name}").places] == [alice.id]
    assert lead(f"void@{domain.name}").leads == Leads.UNKNOWN


def test_five_aliases_in_a_row_lead_somewhere_and_six_nowhere() -> None:
    domain = a_domain()
    alice = a_mailbox("alice", domain=domain)
    an_alias("step1", str(alice), domain=domain)
    for step in range(2, 7):
        an_alias(f"step{step}", f"step{step - 1}@{domain.name}", domain=domain)
    assert lead(f"step5@{domain.name}").places[0].mailbox_id == alice.id
    assert lead(f"step6@{domain.name}").leads == Leads.UNKNOWN


def test_what_is_disabled_says_so() -> None:
    alice = a_mailbox("alice")
    sales = an_alias("sales", str(alice), domain=alice.domain)
    disable_alias(alias=sales, actor=SYSTEM)
    assert lead(str(sales)).leads == Leads.DISABLED
    disable_mailbox(mailbox=alice, actor=SYSTEM)
    assert lead(str(alice)).leads == Leads.DISABLED
    assert lead(f"alice+tag@{alice.domain.name}").leads == Leads.DISABLED


def test_a_disabled_domain_or_organisation_disables_all_in_it() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    disable_domain(domain=alice.domain, actor=SYSTEM)
    disable_organisation(organisation=bob.domain.organisation, actor=SYSTEM)
    assert lead(str(alice)).leads == Leads.DISABLED
    assert lead(str(bob)).leads == Leads.DISABLED
    assert lead(f"nobody@{bob.domain.name}").leads == Leads.DISABLED


def test_an_alias_goes_on_without_a_disabled_target() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    team = an_alias("team", str(alice), str(bob), f"nobody@{domain.name}", domain=domain)
    disable_mailbox(mailbox=bob, actor=SYSTEM)
    assert [place.mailbox_id for place in lead(str(team)).places] == [alice.id]


@pytest.mark.parametrize("local", ["postmaster", "abuse", "dmarc-reports", "tlsrpt"])
def test_postmaster_and_abuse_reach_an_administrator(local: str) -> None:
    organisation = an_organisation()
    domain, other = a_domain(organisation=organisation), a_domain(organisation=organisation)
    root, chief, clerk = (a_mailbox(name, domain=other) for name in ("root", "chief", "clerk"))
    address = f"{local}@{domain.name}"
    assert lead(address).leads == Leads.UNKNOWN
    a_role(root.owner, "superadmin", organisation=organisation)
    assert lead(address).places[0].mailbox_id == root.id
    a_role(chief.owner, "organisation_admin", organisation=organisation)
    assert lead(address).places[0].mailbox_id == chief.id
    a_role(clerk.owner, "domain_admin", domain=domain)
    assert lead(address).places[0].mailbox_id == clerk.id
    disable_mailbox(mailbox=clerk, actor=SYSTEM)
    assert lead(address).places[0].mailbox_id == chief.id
    own = a_mailbox(local, domain=domain, owner=a_user("own", domain=domain))
    assert lead(address).places[0].mailbox_id == own.id


def test_an_administrator_of_another_domain_is_not_asked() -> None:
    domain = a_domain()
    mallory = a_mailbox("mallory")
    a_role(mallory.owner, "domain_admin", domain=mallory.domain)
    a_role(mallory.owner, "organisation_admin", organisation=mallory.domain.organisation)
    assert lead(f"postmaster@{domain.name}").leads == Leads.UNKNOWN


def test_many_addresses_in_one_statement() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    found = perform(routes([str(alice), str(bob), "x@elsewhere.example"]))
    assert [found[str(who)].places[0].mailbox_id for who in (alice, bob)] == [alice.id, bob.id]
    assert found["x@elsewhere.example"].leads == Leads.ELSEWHERE


@pytest.mark.django_db(transaction=True)
def test_a_listener_asks_on_its_own_connection() -> None:
    alice = a_mailbox("alice")

    async def main() -> Route:
        async with await psycopg.AsyncConnection.connect(**connection_arguments()) as connection:
            return await find_route(connection, str(alice))

    assert asyncio.run(main()).places[0].mailbox_id == alice.id
