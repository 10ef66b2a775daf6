"""Tokens, app passwords, roles, sessions and passwords over the API: nobody climbs by them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.authentication import SignedIn, authenticate
from apps.accounts.doors import Door
from apps.accounts.models import Credential, User
from apps.accounts.permissions import SCOPES
from apps.accounts.services import credentials
from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from tests.api.asking import Api
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def alice(domain: Domain) -> User:
    return a_user("alice", domain=domain)


def test_it_works(alice: User) -> None:
    api = Api(alice)
    made = api.post("tokens", {"label": "script", "scopes": ["mail:read", "directory:read"]})
    new = Api(None)
    new.token = made["secret"]
    assert new.get("")["scopes"] == ["directory:read", "mail:read"]
    assert new.get("tokens", 403)["code"] == "scope_missing"
    listed = api.get("tokens")["items"]
    assert [item["label"] for item in listed] == ["t", "script"]
    assert not any("secret" in item or "verifier" in item for item in listed)
    api.delete(f"tokens/{made['id']}")
    new.get("", 401)


def test_a_token_makes_none_that_is_stronger(alice: User) -> None:
    ends = timezone.now() + timedelta(days=3)
    weak = Api(None)
    weak.token = credentials.add_token(
        user=alice,
        label="weak",
        scopes=["access:write", "access:read"],
        networks=["127.0.0.0/8"],
        expires_at=ends,
        actor=SYSTEM,
    ).secret
    assert "mail:read" in weak.post("tokens", {"label": "x", "scopes": ["mail:read"]}, 422)["detail"]
    assert "mail:read" in weak.post(f"users/{alice.id}/app-passwords", {"label": "x"}, 422)["detail"]
    for outside in (["0.0.0.0/0"], ["127.0.0.0/7"], ["::/0"], ["127.0.0.1", "10.0.0.0/8"]):
        body = {"label": "x", "scopes": ["access:read"], "networks": outside}
        weak.post("tokens", body, 422)
    made = weak.post("tokens", {"label": "x", "scopes": ["access:read"], "networks": ["127.0.0.1"]})
    kept = Credential.objects.get(id=made["id"])
    assert (kept.networks, kept.expires_at) == (["127.0.0.1/32"], ends)
    later = (ends + timedelta(days=1)).isoformat()
    made = weak.post("tokens", {"label": "y", "scopes": ["access:read"], "expires_at": later})
    kept = Credential.objects.get(id=made["id"])
    assert (kept.networks, kept.expires_at) == (["127.0.0.0/8"], ends)


def test_an_app_password_is_ones_own(domain: Domain, alice: User) -> None:
    boss = a_user("boss", domain=domain)
    a_role(boss, "superadmin", organisation=domain.organisation)
    made = Api(alice).post(f"users/{alice.id}/app-passwords", {"label": "Phone", "doors": ["imap"]})
    came = authenticate(alice.address, made["secret"], door=Door.IMAP, peer="127.0.0.1")
    assert isinstance(came, SignedIn)
    Api(boss).post(f"users/{alice.id}/app-passwords", {"label": "Phone"}, 403)
    kinds = [item["kind"] for item in Api(boss).get(f"users/{alice.id}/credentials")["items"]]
    assert kinds == ["api_token", "app_password"]
    sessions = Api(boss).get(f"users/{alice.id}/sessions")["items"]
    assert [(item["door"], item["ended_at"]) for item in sessions] == [("imap", None)]
    Api(boss).delete(f"users/{alice.id}/sessions/{sessions[0]['id']}")
    assert Api(boss).delete(f"users/{alice.id}/sessions", 200) == {"ended": 0}
    Api(boss).delete(f"users/{alice.id}/credentials/{made['id']}")
    assert not isinstance(
        authenticate(alice.address, made["secret"], door=Door.IMAP, peer="127.0.0.1"), SignedIn
    )


def test_passwords_are_set_by_who_may(domain: Domain, alice: User) -> None:
    boss, support = a_user("boss", domain=domain), a_user("support", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    a_role(support, "support", organisation=domain.organisation)
    path = f"users/{alice.id}/password"
    Api(support).put(path, {"password": PASSWORD}, 403)
    Api(boss, ["directory:write"]).put(path, {"password": PASSWORD}, 403)
    Api(a_user("mallory")).put(path, {"password": PASSWORD}, 404)
    Api(boss).put(path, {"password": PASSWORD}, 204)
    assert isinstance(authenticate(alice.address, PASSWORD, door=Door.WEBMAIL, peer="127.0.0.1"), SignedIn)
    # Nobody sets the password of someone stronger.
    root = a_user("root", domain=domain)
    a_role(root, "superadmin", organisation=domain.organisation)
    Api(boss).put(f"users/{root.id}/password", {"password": PASSWORD}, 403)
    body = {"address": f"new@{domain.name}", "password": PASSWORD}
    Api(boss, ["directory:write"]).post("users", body, 403)


def test_roles_are_given_no_stronger_than_ones_own(domain: Domain, alice: User) -> None:
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    api, path = Api(boss), f"users/{alice.id}/roles"
    api.post(path, {"kind": "superadmin"}, 403)
    made = api.post(path, {"kind": "domain_admin", "domain_id": domain.pk})
    assert made == {"id": made["id"], "kind": "domain_admin", "organisation": None, "domain": domain.name}
    assert api.post(path, {"kind": "domain_admin", "domain_id": domain.pk}, 409)["code"] == "already_exists"
    assert api.post(path, {"kind": "domain_admin"}, 422)["code"] == "refused"
    assert api.post(path, {"kind": "domain_admin", "domain_id": a_domain().pk}, 422)["code"] == "refused"
    Api(alice).post(f"users/{boss.id}/roles", {"kind": "support"}, 403)
    assert Api(alice).get(path)["items"] == [made]
    Api(alice).delete(f"{path}/{made['id']}", 403)
    api.delete(f"{path}/{made['id']}")
    assert api.get(path)["items"] == []


def test_a_token_of_the_first_days_reads_the_trace(alice: User) -> None:
    assert {"trace:read", "queue:read"} <= set(SCOPES)
    assert "trace:write" not in SCOPES
