"""Signing in with a browser: the right password, the wrong one, a second factor, and out again."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.accounts.signing import SECRET, with_totp
from tests.factories import a_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> User:
    """Return alice, whose password is known here."""
    return a_user("alice", password=SECRET)


def enter(client: Client, user: User, password: str = SECRET, **more: str) -> tuple[int, str, str]:
    answer = client.post("/sign-in", {"address": user.address, "password": password, **more})
    return answer.status_code, answer.headers.get("Location", ""), answer.content.decode()


def test_it_works(client: Client, alice: User) -> None:
    assert client.get("/").headers["Location"] == "/sign-in"
    assert b"Mail address" in client.get("/sign-in").content
    assert enter(client, alice)[:2] == (302, "/mail/")
    assert client.get("/").headers["Location"] == "/mail/"
    assert client.get("/sign-in").status_code == 302
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/").headers["Location"] == "/sign-in"


def test_a_wrong_password_and_a_stranger_hear_the_same(client: Client, alice: User) -> None:
    wrong = enter(client, alice, "not it")
    answer = client.post("/sign-in", {"address": "nobody@nowhere.test", "password": "not it"})
    assert wrong[0] == answer.status_code == 422
    assert "Address or password is not right." in wrong[2]
    assert "Address or password is not right." in answer.content.decode()
    assert client.get("/").headers["Location"] == "/sign-in"


def test_what_was_wanted_is_shown_and_nothing_elsewhere(client: Client, alice: User) -> None:
    assert enter(client, alice, next="/console/?q=a")[1] == "/console/?q=a"
    client.post("/sign-out")
    for bad in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert enter(client, alice, next=bad)[1] == "/mail/"
        client.post("/sign-out")


def test_a_second_factor_is_asked_for(client: Client, alice: User) -> None:
    app = with_totp(alice)
    status, _, page = enter(client, alice)
    assert status == 200
    assert "One more step" in page
    assert client.get("/").headers["Location"] == "/sign-in"
    token = page.split('name="token" value="')[1].split('"')[0]
    wrong = client.post("/sign-in/second-step", {"token": token, "code": "000", "kind": "totp"})
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.content.decode()
    stale = client.post("/sign-in/second-step", {"token": "made up", "code": app.now(), "kind": "totp"})
    assert "Please start again" in stale.content.decode()
