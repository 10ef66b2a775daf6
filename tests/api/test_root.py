"""GET /api/v1/: a token opens it, nothing else does."""

import pytest
from django.test import Client

from apps.accounts.services import credentials, users
from apps.events.audit import SYSTEM
from tests.factories import a_user

pytestmark = pytest.mark.django_db


def test_it_works(client: Client) -> None:
    alice = a_user("alice")
    made = credentials.add_token(
        user=alice, label="script", scopes=["mail:read", "directory:read"], actor=SYSTEM
    )
    answer = client.get("/api/v1/", headers={"Authorization": f"Bearer {made.secret}"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "version": "0.1.0",
        "user": {
            "id": alice.id,
            "address": alice.address,
            "name": "",
            "organisation": alice.organisation.name,
        },
        "scopes": ["directory:read", "mail:read"],
        "docs": "/api/v1/docs",
        "schema": "/api/v1/openapi.json",
    }


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer mp_wrong", "Bearer a b", "Basic YTpi", "bearer \u00fc\u00fc", "Bearer \x00"],
)
def test_whoever_shows_no_valid_token_is_refused(client: Client, header: str) -> None:
    answer = client.get("/api/v1/", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["status"] == 401


def test_a_token_in_the_address_is_no_token(client: Client) -> None:
    made = credentials.add_token(user=a_user(), label="x", scopes=["mail:read"], actor=SYSTEM)
    assert client.get(f"/api/v1/?access_token={made.secret}").status_code == 401


def test_a_disabled_users_token_is_refused(client: Client) -> None:
    alice = a_user("alice")
    made = credentials.add_token(user=alice, label="x", scopes=["mail:read"], actor=SYSTEM)
    users.disable_user(user=alice, actor=SYSTEM)
    assert client.get("/api/v1/", headers={"Authorization": f"Bearer {made.secret}"}).status_code == 401


def test_what_is_not_there_and_what_is_not_done_are_problems(client: Client) -> None:
    made = credentials.add_token(user=a_user(), label="x", scopes=["mail:read"], actor=SYSTEM)
    signed_in = {"Authorization": f"Bearer {made.secret}"}
    missing = client.get("/api/v1/no/such/thing", headers=signed_in)
    assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")
    odd = client.get("/api/v1/no%0Asuch", headers=signed_in)
    assert (odd.status_code, odd["Content-Type"]) == (404, "application/problem+json")
    wrong = client.delete("/api/v1/", headers=signed_in)
    assert (wrong.status_code, wrong["Content-Type"]) == (405, "application/problem+json")
    assert client.get("/api/v1/no/such/thing").status_code == 401
