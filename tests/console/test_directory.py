"""The console's directory: what is done by its forms, and what is refused."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import Credential, Role, Session, User
from apps.accounts.services import credentials
from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.mailboxes.models import Alias, Mailbox
from apps.organisations.models import Organisation
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    user = a_user("root")
    a_role(user, "superadmin", organisation=user.organisation)
    return browser(user)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_mailbox_is_made_with_its_user_and_a_password_shown_once(page: Client, domain: Domain) -> None:
    answer = page.post(
        "/console/mailboxes/add",
        {"address": f"Alice@{domain.name}", "owner": "new", "name": "Alice", "quota": "2 GB"},
    )
    made = Mailbox.objects.get(domain=domain, local_part="alice")
    assert (made.owner and made.owner.name, made.quota_bytes) == ("Alice", 2 * 1024**3)
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'class="secret"' in text(answer)
    assert 'class="secret"' not in text(page.get(f"/console/mailboxes/{made.id}/"))
    assert Credential.objects.get(user=made.owner).kind == "password"
    told = AuditEntry.objects.filter(action="mailbox.create").latest("id")
    assert told.actor == f"boss@{domain.name}"


def test_a_mailbox_of_another_organisation_is_not_made(page: Client) -> None:
    elsewhere = a_domain()
    answer = page.post("/console/mailboxes/add", {"address": f"x@{elsewhere.name}", "owner": "shared"})
    assert answer.status_code == 422
    assert "is not a domain where you may do this" in text(answer)
    assert not Mailbox.objects.filter(domain=elsewhere).exists()


def test_what_was_typed_stays_and_the_fault_is_told(page: Client, domain: Domain) -> None:
    answer = page.post(
        "/console/mailboxes/add", {"address": f"alice@{domain.name}", "owner": "shared", "quota": "plenty"}
    )
    shown = text(answer)
    assert answer.status_code == 422
    assert f'value="alice@{domain.name}"' in shown
    assert 'value="plenty"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'id="id_quota_error"' in shown
    assert "autofocus" in shown


def test_an_address_taken_is_told_and_nothing_half_made_stays(page: Client, domain: Domain) -> None:
    an_alias("alice", "x@far.example", domain=domain)
    answer = page.post("/console/mailboxes/add", {"address": f"alice@{domain.name}", "owner": "new"})
    assert "exists already" in text(answer)
    assert not User.objects.filter(address=f"alice@{domain.name}").exists()


def test_a_limit_is_changed(page: Client, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    where = f"/console/mailboxes/{mailbox.id}/quota"
    assert page.post(where, {"quota": "1,5 GB"}).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.quota_bytes == 3 * 512 * 1024**2
    page.post(where, {"quota": ""})
    mailbox.refresh_from_db()
    assert mailbox.quota_bytes == 0


def test_a_mailbox_is_deleted_only_by_its_typed_name(page: Client, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    where = f"/console/mailboxes/{mailbox.id}/delete"
    assert "all of it is deleted" in text(page.get(where))
    assert page.post(where, {"typed": "alice"}).status_code == 422
    assert page.post(where, {"typed": f"alice@{domain.name}"}).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.removing_since is not None
    assert page.get(f"/console/mailboxes/{mailbox.id}/").status_code == 404
    assert "alice@" not in text(page.get("/console/mailboxes/"))


def test_a_question_is_a_page_and_a_fragment(page: Client, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    where = f"/console/mailboxes/{mailbox.id}/switch"
    assert "<html" in text(page.get(where))
    assert "<html" not in text(page.get(where, headers={"HX-Request": "true"}))
    page.post(where)
    mailbox.refresh_from_db()
    assert not mailbox.is_active
    page.post(where)
    mailbox.refresh_from_db()
    assert mailbox.is_active


def test_a_shared_mailbox_gets_members(page: Client, domain: Domain) -> None:
    page.post("/console/mailboxes/add", {"address": f"info@{domain.name}", "owner": "shared"})
    mailbox, carol = Mailbox.objects.get(local_part="info", domain=domain), a_user("carol", domain=domain)
    where = f"/console/mailboxes/{mailbox.id}/members"
    assert page.post(f"{where}/add", {"user": carol.address, "rights": ["read"]}).status_code == 302
    assert page.post(f"{where}/{carol.id}/", {"rights": ["read", "send"]}).status_code == 302
    assert mailbox.members.get().rights == ["read", "send"]
    assert (
        page.post(f"{where}/add", {"user": a_user("mallory").address, "rights": ["read"]}).status_code == 422
    )
    page.post(f"{where}/{carol.id}/remove")
    assert not mailbox.members.exists()


def test_each_member_gets_read_marks_of_their_own(page: Client, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    page.post(f"/console/mailboxes/{mailbox.id}/private-seen")
    mailbox.refresh_from_db()
    assert mailbox.private_seen


def test_nobody_gives_a_mailbox_to_themselves(page: Client, boss: User, domain: Domain) -> None:
    mailbox, bob = a_mailbox("alice", domain=domain), a_user("bob", domain=domain)
    where = f"/console/mailboxes/{mailbox.id}/owner"
    assert "to yourself" in text(page.post(where, {"owner": boss.address}))
    assert page.post(where, {"owner": bob.address}).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.owner == bob


def test_an_alias_is_made_pointed_elsewhere_and_deleted(page: Client, domain: Domain) -> None:
    assert page.post(
        "/console/aliases/add", {"address": f"sales@{domain.name}", "targets": "a@far.example\nb@far.example"}
    ).status_code == 302  # fmt: skip
    alias = Alias.objects.get(domain=domain)
    page.post(f"/console/aliases/{alias.id}/targets", {"targets": "c@far.example"})
    alias.refresh_from_db()
    assert alias.targets == ["c@far.example"]
    assert f"sales@{domain.name}" in text(page.get("/console/aliases/?q=c@far.example"))
    assert page.post(f"/console/aliases/{alias.id}/targets", {"targets": "no address"}).status_code == 422
    page.post(f"/console/aliases/{alias.id}/delete")
    assert not Alias.objects.exists()


def test_a_domain_is_added_limited_switched_and_deleted(page: Client, root: Client, domain: Domain) -> None:
    organisation_id = str(domain.organisation_id)
    assert (
        page.post("/console/domains/add", {"name": "Münch.test", "organisation": organisation_id}).status_code
        == 302
    )
    made = Domain.objects.get(name="xn--mnch-0ra.test")
    where = f"/console/domains/{made.id}"
    assert made.name in text(page.get("/console/domains/?q=münch.test"))
    root.post(f"{where}/quota", {"quota": "1 TB"})
    page.post(f"{where}/switch")
    made.refresh_from_db()
    assert (made.quota_bytes, made.is_active) == (1024**4, False)
    assert page.post(f"/console/domains/{domain.id}/delete", {"typed": domain.name}).status_code == 422
    assert page.post(f"{where}/delete", {"typed": made.name}).status_code == 302
    assert not Domain.objects.filter(id=made.id).exists()


def test_a_domain_is_not_added_to_another_organisation(page: Client) -> None:
    elsewhere = str(a_domain().organisation_id)
    assert (
        page.post("/console/domains/add", {"name": "new.test", "organisation": elsewhere}).status_code == 422
    )


def test_an_organisation_is_made_and_deleted(root: Client) -> None:
    root.post("/console/organisations/add", {"name": "Example One", "quota": ""})
    made = Organisation.objects.get(name="Example One")
    assert root.post("/console/organisations/add", {"name": "Example One"}).status_code == 422
    root.post(f"/console/organisations/{made.id}/switch")
    made.refresh_from_db()
    assert not made.is_active
    root.post(f"/console/organisations/{made.id}/delete", {"typed": "Example One"})
    assert not Organisation.objects.filter(id=made.id).exists()


def test_a_user_is_made_named_kept_out_and_deleted(page: Client, domain: Domain) -> None:
    answer = page.post(
        "/console/users/add", {"address": f"alice@{domain.name}", "name": "A", "language": "de"}
    )
    assert 'class="secret"' in text(answer)
    alice = User.objects.get(address=f"alice@{domain.name}")
    where = f"/console/users/{alice.id}"
    page.post(f"{where}/edit", {"name": "Alice", "language": "en"})
    Session.objects.create(user=alice, door="imap")
    page.post(f"{where}/switch")
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.is_active) == ("Alice", "en", False)
    assert not Session.objects.filter(user=alice, ended_at=None).exists()
    assert page.post(f"{where}/delete", {"typed": alice.address}).status_code == 302
    assert not User.objects.filter(id=alice.id).exists()


def test_a_leavers_mailboxes_go_to_an_heir(page: Client, boss: User, domain: Domain) -> None:
    mailbox, bob = a_mailbox("alice", domain=domain), a_user("bob", domain=domain)
    assert mailbox.owner is not None
    where, form = f"/console/users/{mailbox.owner.id}/delete", {"typed": str(mailbox), "mailboxes": "heir"}
    assert str(mailbox) in text(page.get(where))
    assert page.post(where, form | {"heir": boss.address}).status_code == 422
    assert page.post(where, form | {"heir": bob.address}).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.owner == bob


def test_a_password_is_set_or_made(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    where = f"/console/users/{alice.id}/password"
    assert page.post(where, {"password": "short"}).status_code == 422
    assert page.post(where, {"password": "correct horse battery"}).status_code == 302
    before = Credential.objects.get(user=alice).verifier
    assert 'class="secret"' in text(page.post(where, {"password": ""}))
    assert Credential.objects.get(user=alice).verifier != before


def test_sessions_end_and_app_passwords_are_withdrawn(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    made = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    one, two = (Session.objects.create(user=alice, door=door) for door in ("imap", "submission"))
    where = f"/console/users/{alice.id}"
    assert "Phone" in text(page.get(f"{where}/"))
    page.post(f"{where}/sessions/{one.id}/end")
    live = Session.objects.filter(user=alice, ended_at=None)
    assert list(live) == [two]
    page.post(f"{where}/sessions/end")
    assert not live.all().exists()
    page.post(f"{where}/credentials/{made.credential_id}/remove")
    assert not Credential.objects.filter(user=alice).exists()


def test_a_role_is_given_and_taken(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    where = f"/console/users/{alice.id}/roles"
    assert "superadmin" not in text(page.get(f"{where}/give"))
    assert page.post(f"{where}/give", {"kind": "superadmin", "place": "organisation"}).status_code == 422
    assert page.post(f"{where}/give", {"kind": "domain_admin", "place": "organisation"}).status_code == 422
    assert page.post(f"{where}/give", {"kind": "domain_admin", "place": str(domain.id)}).status_code == 302
    role = Role.objects.get(user=alice)
    assert alice.address in text(page.get("/console/roles/?kind=domain_admin"))
    assert alice.address not in text(page.get("/console/roles/?kind=auditor"))
    page.post(f"{where}/{role.id}/take")
    assert not Role.objects.filter(user=alice).exists()


def test_nobody_locks_themselves_out(page: Client, boss: User) -> None:
    for verb in ("switch", "delete"):
        assert page.post(f"/console/users/{boss.id}/{verb}", {"typed": boss.address}).status_code == 403


def test_a_domain_admin_does_not_act_on_someone_stronger(domain: Domain, boss: User) -> None:
    weak = a_user("weak", domain=domain)
    a_role(weak, "domain_admin", domain=domain)
    client = browser(weak)
    assert client.get(f"/console/users/{boss.id}/").status_code == 200
    for verb in ("edit", "password", "switch", "delete", "sessions/end"):
        assert client.post(f"/console/users/{boss.id}/{verb}").status_code == 403


LISTS = ("organisations", "domains", "mailboxes", "aliases", "users", "roles")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_much_for_many_as_for_one(
    name: str, root: Client, domain: Domain, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def some(start: int, count: int) -> None:
        for number in range(start, start + count):
            mailbox = a_mailbox(f"u{number}", domain=domain)
            a_role(mailbox.owner, "support", domain=domain)
            an_alias(f"a{number}", str(mailbox), domain=domain)
            a_domain()

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    some(0, 1)
    with CaptureQueriesContext(connection) as few:
        root.get(f"/console/{name}/")
    some(1, 3)
    with django_assert_num_queries(len(few)):
        root.get(f"/console/{name}/")
    assert len(few) <= 14


@pytest.mark.parametrize("order", ["address", "used", "newest"])
def test_pages_follow_each_other_without_a_gap(page: Client, domain: Domain, order: str) -> None:
    for number in range(53):
        a_mailbox(f"u{number:02}", domain=domain)
    first = page.get(f"/console/mailboxes/?sort={order}")
    shown = first.context["page"]
    second = page.get(f"/console/mailboxes/{shown.next_query}").context["page"]
    assert (len(shown.items), len(second.items), second.next_query) == (50, 3, "")
    assert len({row.id for row in (*shown.items, *second.items)}) == 53
    assert second.first_query == f"?sort={order}"


@pytest.mark.parametrize("after", ["x", "W10", "WyJhIiwiYiJd", "W251bGwsbnVsbF0", "%00", "WzEsMl0"])
def test_a_cursor_made_up_is_no_fault(page: Client, domain: Domain, after: str) -> None:
    a_mailbox("alice", domain=domain)
    assert page.get(f"/console/mailboxes/?after={after}").status_code == 200
    assert page.get(f"/console/users/?after={after}&sort=newest").status_code == 200


def test_lists_are_searched_and_filtered(page: Client, domain: Domain) -> None:
    a_mailbox("alice", domain=domain)
    bob = a_mailbox("bob", domain=domain)
    Mailbox.objects.filter(id=bob.id).update(is_active=False)
    for query, has_alice, has_bob in (
        ("q=ali", True, False),
        (f"q=bob@{domain.name}", False, True),
        (f"q={domain.name}", True, True),
        ("state=off", False, True),
        ("state=on", True, False),
        ("state=full", False, False),
        ("q=%25", False, False),
    ):
        shown = text(page.get(f"/console/mailboxes/?{query}"))
        assert (f"alice@{domain.name}</a>" in shown, f"bob@{domain.name}</a>" in shown) == (
            has_alice,
            has_bob,
        ), query
    assert "No match" in text(page.get("/console/mailboxes/?q=nobody"))
    assert "No alias yet" in text(page.get("/console/aliases/"))


def test_other_peoples_things_are_in_no_list(page: Client) -> None:
    other = a_mailbox("mallory")
    an_alias("theirs", str(other), domain=other.domain)
    for name in LISTS:
        assert other.domain.name not in text(page.get(f"/console/{name}/?q={other.domain.name}")).replace(
            f'value="{other.domain.name}"', ""
        )


def test_whom_an_organisation_believes(page: Client, domain: Domain) -> None:
    place = f"/console/organisations/{domain.organisation_id}/"
    answer = page.post(place + "forwarders", {"forwarders": "lists.example.org\n0.0.0.0/0"})
    assert answer.status_code == 422
    assert "too large a network" in text(answer)
    page.post(place + "forwarders", {"forwarders": "lists.example.org, 192.0.2.7/24"})
    shown = text(page.get(place))
    assert "lists.example.org" in shown
    assert "192.0.2.0/24" in shown
