"""Organisations, domains, users, mailboxes and aliases over the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.models import AuditEntry
from tests.api.asking import Api
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias, an_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def boss(domain: Domain) -> User:
    """An organisation admin."""
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    return boss


@pytest.fixture
def mallory() -> User:
    """An admin of another organisation."""
    mallory = a_user("mallory")
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    return mallory


def test_it_works(domain: Domain, boss: User) -> None:
    api = Api(boss)
    made = api.post("users", {"address": f"Alice@{domain.name}", "name": "Alice", "password": "long enough!"})
    assert (made["address"], made["organisation"]["id"]) == (f"alice@{domain.name}", domain.organisation_id)
    mailbox = api.post("mailboxes", {"address": made["address"], "owner_id": made["id"]})
    assert (mailbox["owner"]["id"], mailbox["used_bytes"], mailbox["members"]) == (made["id"], 0, [])
    alias = api.post("aliases", {"address": f"sales@{domain.name}", "targets": [made["address"]]})
    assert api.get(f"aliases/{alias['id']}") == alias
    entry = AuditEntry.objects.filter(action="user.create", target_id=str(made["id"])).get()
    assert (entry.actor, entry.actor_id, entry.peer) == (boss.address, boss.id, "127.0.0.1")


def test_what_there_is_already_is_a_conflict(domain: Domain, boss: User) -> None:
    a_mailbox("alice", domain=domain)
    api, taken = Api(boss), f"alice@{domain.name}"
    assert api.post("users", {"address": taken}, 409)["code"] == "already_exists"
    assert api.post("mailboxes", {"address": taken}, 409)["code"] == "already_exists"
    assert api.post("aliases", {"address": taken, "targets": [taken]}, 409)["code"] == "already_exists"


def test_what_breaks_a_rule_is_refused_in_words(domain: Domain, boss: User) -> None:
    api = Api(boss)
    assert (
        "no addresses that need quotes"
        in api.post("users", {"address": f'"a b"@{domain.name}'}, 422)["detail"]
    )
    problem = api.post("users", {"address": f"a@{domain.name}", "nmae": "x"}, 400)
    assert problem["errors"] == [{"field": "nmae", "detail": "There is no such field."}]
    assert (
        api.post("aliases", {"address": f"a@{domain.name}", "targets": []}, 400)["errors"][0]["field"]
        == "targets"
    )
    short = api.post("users", {"address": f"a@{domain.name}", "password": "short"}, 422)
    assert "at least" in short["detail"]
    assert not User.objects.filter(address=f"a@{domain.name}").exists()


def test_things_are_switched_and_limited(domain: Domain, boss: User) -> None:
    root = a_user("root", domain=domain)
    a_role(root, "superadmin", organisation=domain.organisation)
    mailbox = a_mailbox("alice", domain=domain)
    an_alias("sales", "x@far.example", domain=domain)
    api, over = Api(boss), Api(root)
    changed = api.patch(f"mailboxes/{mailbox.pk}", {"quota_bytes": 5, "is_active": False})
    assert (changed["quota_bytes"], changed["is_active"]) == (5, False)
    assert api.patch(f"domains/{domain.pk}", {"is_active": False})["is_active"] is False
    # This user's own domain is off: nobody of it may do anything any more.
    assert api.get("domains", 401)["code"] == "unauthenticated"
    assert over.get("domains", 401)
    Domain.objects.filter(id=domain.pk).update(is_active=True)
    api.patch(f"domains/{domain.pk}", {"quota_bytes": 10}, 403)
    api.patch(f"organisations/{domain.organisation_id}", {"is_active": False}, 403)
    assert over.patch(f"domains/{domain.pk}", {"quota_bytes": 10})["quota_bytes"] == 10
    assert over.patch(f"domains/{domain.pk}", {"quota_bytes": None})["quota_bytes"] is None
    assert over.patch(f"organisations/{domain.organisation_id}", {"quota_bytes": 9})["quota_bytes"] == 9
    made = over.post("organisations", {"name": f"New {domain.name}"})
    assert over.post("domains", {"name": f"new.{domain.name}", "organisation_id": made["id"]})["name"]


def test_a_user_changes_only_what_is_theirs(domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    api = Api(alice)
    assert api.patch(f"users/{alice.id}", {"name": "Alice A", "language": "de"})["language"] == "de"
    assert api.patch(f"users/{alice.id}", {"language": "n0t!"}, 422)
    api.patch(f"users/{alice.id}", {"is_active": False}, 403)
    bob = a_user("bob", domain=domain)
    api.get(f"users/{bob.id}", 404)
    assert [user["id"] for user in api.get("users")["items"]] == [alice.id]
    api.post("users", {"address": f"x@{domain.name}"}, 403)


def test_mallory_finds_nothing(domain: Domain, mallory: User) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    alias = an_alias("sales", "x@far.example", domain=domain)
    assert mailbox.owner_id
    api = Api(mallory)
    for path in (
        f"organisations/{domain.organisation_id}",
        f"domains/{domain.pk}",
        f"users/{mailbox.owner_id}",
        f"mailboxes/{mailbox.pk}",
        f"aliases/{alias.pk}",
    ):
        api.get(path, 404)
        api.patch(path, {"is_active": False}, 404)
    api.delete(f"aliases/{alias.pk}", 404)
    for kind in ("organisations", "domains", "users", "mailboxes", "aliases"):
        assert all(item["id"] != alias.pk or kind != "aliases" for item in api.get(kind)["items"])
        assert len(api.get(kind)["items"]) <= 1
    theirs = api.post("users", {"address": f"x@{domain.name}"}, 422)
    nobody = api.post("users", {"address": "x@nowhere.invalid"}, 422)
    assert theirs["detail"].replace(domain.name, "nowhere.invalid") == nobody["detail"]
    own = a_mailbox("mallory", domain=mallory.domain, owner=mallory)
    api.put(f"mailboxes/{own.pk}/members/{mailbox.owner_id}", {"rights": ["read"]}, 404)
    assert api.post("mailboxes", {"address": f"b@{mallory.domain.name}", "owner_id": mailbox.owner_id}, 422)


def test_a_mailbox_is_shared(domain: Domain) -> None:
    mailbox, bob = a_mailbox("alice", domain=domain), a_user("bob", domain=domain)
    assert mailbox.owner is not None
    alice, other = Api(mailbox.owner), Api(bob)
    other.get(f"mailboxes/{mailbox.pk}", 404)
    path = f"mailboxes/{mailbox.pk}/members/{bob.id}"
    assert alice.put(path, {"rights": ["send", "read"]})["rights"] == ["read", "send"]
    assert [item["id"] for item in other.get("mailboxes")["items"]] == [mailbox.pk]
    other.put(path, {"rights": ["manage"]}, 403)
    assert alice.get(f"mailboxes/{mailbox.pk}/members")["items"][0]["user"]["address"] == bob.address
    alice.delete(path)
    other.get(f"mailboxes/{mailbox.pk}", 404)


@pytest.mark.parametrize("kind", ["organisations", "domains", "users", "mailboxes", "aliases"])
def test_a_page_costs_the_same_however_long(kind: str) -> None:
    root = a_user("root")
    a_role(root, "superadmin", organisation=root.organisation)
    api = Api(root)

    def more(number: int) -> None:
        for n in range(number):
            domain = a_domain(organisation=an_organisation())
            mailbox = a_mailbox(f"m{n}", domain=domain)
            a_role(mailbox.owner, "support", domain=domain)
            an_alias("sales", "x@far.example", domain=domain)

    def count() -> int:
        api.get(f"{kind}?limit=200")
        with CaptureQueriesContext(connection) as captured:
            api.get(f"{kind}?limit=200")
        assert not any("COUNT(" in query["sql"] for query in captured)
        return len(captured)

    more(2)
    before = count()
    more(5)
    assert count() == before <= 9


def test_pages_lose_and_double_nothing_while_rows_come_and_go(domain: Domain, boss: User) -> None:
    for n in range(7):
        an_alias(f"a{n}", "x@far.example", domain=domain)
    api, seen, path = Api(boss), [], "aliases?limit=3"
    for _ in range(5):
        answer = api.ask("GET", path)
        seen += [item["address"].partition("@")[0] for item in answer.json()["items"]]
        if len(seen) == 3:
            an_alias("late", "x@far.example", domain=domain)
        if not answer.json()["next_cursor"]:
            break
        path = answer["Link"].partition(">")[0].removeprefix("</api/v1/").removeprefix("<")
        path = path.removeprefix("/api/v1/")
    assert seen == ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "late"]


@pytest.mark.parametrize(
    "cursor", ["x", "!!", "W10", "WyJhIl0", "WzFlOTld", "WzFlMzAwXQ", "e30", "W1tdXQ", "%00", "WzEsMl0"]
)
def test_a_cursor_of_ones_own_making_is_a_problem(boss: User, cursor: str) -> None:
    assert Api(boss).get(f"aliases?cursor={cursor}", 400)["code"] in {"cursor_invalid", "invalid"}


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "9" * 30])
def test_a_limit_is_limited(boss: User, limit: str) -> None:
    assert Api(boss).get(f"aliases?limit={limit}", 400)["errors"][0]["field"] == "limit"


def test_who_may_not_set_a_quota_makes_nothing_with_one(domain: Domain, boss: User) -> None:
    helper = a_user("helper", domain=domain)
    a_role(helper, "domain_admin", domain=domain)
    Api(helper).post("mailboxes", {"address": f"x@{domain.name}", "quota_bytes": 0}, 403)
    Api(helper).post("mailboxes", {"address": f"x@{domain.name}"})
    Api(boss).post("domains", {"name": f"x.{domain.name}", "quota_bytes": 5}, 403)
    Api(boss).post("mailboxes", {"address": f"y@{domain.name}", "quota_bytes": 0})


def test_things_are_deleted_by_who_may(domain: Domain, boss: User) -> None:
    mailbox, heir = a_mailbox("alice", domain=domain), a_user("heir", domain=domain)
    other = a_mailbox("bob", domain=domain)
    assert mailbox.owner is not None
    helper = a_user("helper", domain=domain)
    a_role(helper, "domain_admin", domain=domain)
    api = Api(boss)
    Api(helper).delete(f"mailboxes/{other.pk}", 403)
    assert "owns" in api.delete(f"users/{mailbox.owner.id}", 422)["detail"]
    api.delete(f"users/{mailbox.owner.id}?heir_id={a_user().id}", 422)
    api.delete(f"users/{mailbox.owner.id}?heir_id={heir.id}")
    assert api.get(f"mailboxes/{mailbox.pk}")["owner"]["id"] == heir.id
    api.delete(f"mailboxes/{other.pk}")
    api.get(f"mailboxes/{other.pk}", 404)
    assert [item["id"] for item in api.get("mailboxes")["items"]] == [mailbox.pk]
    assert api.delete(f"domains/{domain.pk}", 422)["code"] == "refused"
    api.delete(f"organisations/{domain.organisation_id}", 403)
    empty = api.post("domains", {"name": f"empty.{domain.name}"})
    api.delete(f"domains/{empty['id']}")
    api.get(f"domains/{empty['id']}", 404)


def test_whom_an_organisation_believes(domain: Domain, boss: User) -> None:
    api = Api(boss)
    place = f"organisations/{domain.organisation_id}/forwarders"
    assert api.get(place) == {"forwarders": []}
    kept = {"forwarders": ["192.0.2.0/24", "lists.example.org"]}
    assert api.put(place, {"forwarders": ["Lists.example.org", "192.0.2.1/24"]}) == kept
    assert api.get(place) == kept
    assert api.put(place, {"forwarders": ["no domain"]}, 422)["code"] == "refused"
