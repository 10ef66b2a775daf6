"""The console's list of sessions and secrets: who sees whose, and who ends them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Credential, Session, User
from apps.accounts.services import credentials
from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from tests.console.browser import browser
from tests.factories import a_role, a_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def shown(answer: Any) -> list[Any]:
    return [line[0] for line in answer.context["lines"]]


def test_it_works(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    made = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    phone = Session.objects.create(
        user=alice,
        door="imap",
        peer="203.0.113.9",
        credential_id=made.credential_id,
        client="Thunderbird/140.0",
    )
    web = Session.objects.create(user=alice, door="webmail", peer="2001:db8::9", client=FIREFOX)
    Session.objects.create(user=alice, door="imap", peer="203.0.113.8", ended_at=timezone.now())
    for query, found in (
        ({"q": "alice"}, {phone, web}),
        ({"q": "203.0.113.9"}, {phone}),
        ({"q": "2001:db8:0::9"}, {web}),
        ({"q": "thunderbird"}, {phone}),
        ({"q": "alice", "door": "web"}, {web}),
        ({"q": "alice", "door": "api"}, set()),
        ({"user": str(alice.id)}, {phone, web}),
    ):
        assert set(shown(page.get("/console/sessions/", query))) == found, query
    told = text(page.get("/console/sessions/?q=alice"))
    assert "Firefox on Linux" in told
    assert "Phone" in told


def test_ended_from_the_list_one_comes_back_to_it(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    one = Session.objects.create(user=alice, door="imap")
    Session.objects.create(user=alice, door="webmail")
    where = f"/console/users/{alice.id}/sessions"
    assert "Sign out everywhere" in text(page.get(f"/console/sessions/?user={alice.id}"))
    answer = page.post(f"{where}/{one.id}/end?from=sessions")
    assert answer.headers["Location"] == f"/console/sessions/?user={alice.id}"
    assert page.post(f"{where}/end").headers["Location"] == f"/console/users/{alice.id}/"
    assert not Session.objects.filter(user=alice, ended_at=None).exists()
    made = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    remove = f"/console/users/{alice.id}/credentials/{made.credential_id}/remove?from=secrets"
    assert page.post(remove).headers["Location"] == "/console/sessions/secrets/"


def test_one_does_not_sign_oneself_out_here(page: Client, boss: User) -> None:
    session = Session.objects.get(user=boss, ended_at=None)
    told = text(page.get("/console/sessions/"))
    assert "this one" in told
    assert f"sessions/{session.id}/end" not in told


def test_what_would_be_refused_is_not_offered(domain: Domain, boss: User) -> None:
    weak = a_user("weak", domain=domain)
    a_role(weak, "support", organisation=domain.organisation)
    theirs = Session.objects.create(user=boss, door="webmail")
    plain = Session.objects.create(user=a_user("alice", domain=domain), door="imap")
    client = browser(weak)
    told = text(client.get("/console/sessions/"))
    assert f"sessions/{theirs.id}/end" not in told
    assert f"sessions/{plain.id}/end" in told
    assert client.get("/console/sessions/secrets/").status_code == 403
    assert "/console/sessions/secrets/" not in told


def test_secrets_are_found_by_use(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    old = credentials.add_app_password(user=alice, label="Old phone", actor=SYSTEM)
    credentials.add_app_password(user=alice, label="New phone", actor=SYSTEM)
    credentials.set_password(user=alice, password="correct horse battery", actor=SYSTEM)
    long_ago = timezone.now() - timedelta(days=100)
    Credential.objects.filter(id=old.credential_id).update(created_at=long_ago, expires_at=long_ago)
    for query, labels in (
        ("", {"Old phone", "New phone"}),
        ("?kind=stale", {"Old phone"}),
        ("?kind=expired", {"Old phone"}),
        ("?kind=app_password&q=new", {"New phone"}),
        ("?kind=api_token", set()),
    ):
        rows = shown(page.get(f"/console/sessions/secrets/{query}"))
        assert {row.label for row in rows} == labels, query
    assert "argon2" not in text(page.get("/console/sessions/secrets/"))


def test_mallory_sees_nobody_elses(page: Client, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    Session.objects.create(user=alice, door="imap")
    credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    mallory = a_user("mallory")
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    client = browser(mallory)
    for query in ("", "?q=alice", f"?user={alice.id}", "?user=x"):
        assert alice.address not in text(client.get(f"/console/sessions/{query}"))
        assert alice.address not in text(client.get(f"/console/sessions/secrets/{query}"))
    assert mallory.address not in text(page.get("/console/sessions/"))


@pytest.mark.parametrize("name", ["sessions", "sessions/secrets"])
def test_many_cost_as_much_as_one(name: str, page: Client, domain: Domain) -> None:
    def some(start: int, count: int) -> None:
        for number in range(start, start + count):
            user = a_user(f"u{number}", domain=domain)
            a_role(user, "support", domain=domain)
            Session.objects.create(user=user, door="webmail")
            credentials.add_app_password(user=user, label="Phone", actor=SYSTEM)

    some(0, 1)
    with CaptureQueriesContext(connection) as few:
        page.get(f"/console/{name}/")
    some(1, 4)
    with CaptureQueriesContext(connection) as many:
        page.get(f"/console/{name}/")
    assert len(many) == len(few) <= 7


@pytest.mark.parametrize("sort", ["seen", "user"])
def test_pages_follow_each_other_without_a_gap(page: Client, domain: Domain, sort: str) -> None:
    alice = a_user("alice", domain=domain)
    Session.objects.bulk_create(Session(user=alice, door="webmail") for _ in range(53))
    first = page.get(f"/console/sessions/?sort={sort}&q=alice")
    second = page.get(f"/console/sessions/{first.context['page'].next_query}")
    rows = [*shown(first), *shown(second)]
    assert (len(rows), len(set(rows)), second.context["page"].next_query) == (53, 53, "")
    assert page.get("/console/sessions/?after=WyJhIiwiYiJd").status_code == 200
