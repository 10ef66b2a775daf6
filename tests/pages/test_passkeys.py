"""Passkeys at the pages' door: made, named, used alone and as a second step, and taken away."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.factors import factors_of
from apps.accounts.models import Passkey, Session, User
from apps.accounts.services import passkeys
from apps.events.models import AuditEntry
from tests.accounts.authenticator import Authenticator
from tests.accounts.signing import SECRET, signed_in_client, with_passkey, with_totp
from tests.factories import a_user

pytestmark = pytest.mark.django_db
PAGE = "/settings/security"
BARE = "127.0.0.1"


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in_client(alice)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def a_device(**more: Any) -> Authenticator:
    return Authenticator(origin="http://testserver", **more)


def make(page: Client, device: Authenticator, label: str = "Phone") -> Any:
    """Add a passkey as the page's script does."""
    options = page.post(f"{PAGE}/passkeys/options")
    assert options.status_code == 200, options.content
    answer = device.create(options.content.decode())
    return page.post(f"{PAGE}/passkeys/add", {"label": label, "response": answer})


def enter(client: Client, device: Authenticator, **more: str) -> Any:
    """Sign in by a passkey alone, as the page's script does."""
    options = client.post("/sign-in/passkey/options").content.decode()
    return client.post("/sign-in/passkey", {"response": device.get(options), "kind": "passkey", **more})


def second_step(client: Client, user: User, device: Authenticator) -> Any:
    """Give the password, and then a passkey."""
    asked = text(client.post("/sign-in", {"address": user.address, "password": SECRET}))
    token = asked.split('name="token" value="')[1].split('"')[0]
    options = client.post("/sign-in/second-step/passkey", {"token": token}).content.decode()
    answer = {"token": token, "kind": "passkey", "response": device.get(options)}
    return client.post("/sign-in/second-step", answer)


def is_too_old(user: User) -> None:
    Session.objects.filter(user=user).update(proved_at=timezone.now() - timedelta(hours=1))


def test_it_works(page: Client, alice: User, client: Client) -> None:
    asked = text(page.get(f"{PAGE}/passkeys/add"))
    assert 'data-passkey="make"' in asked
    assert 'value="Firefox on Linux"' in asked
    device = a_device()
    done = make(page, device)
    assert len(re.findall(r"<li>[a-z2-7]{5}-[a-z2-7]{5}</li>", text(done))) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert "never used" in text(page.get(PAGE))
    assert enter(client, device, next="/console/").headers["Location"] == "/console/"
    session = Session.objects.get(user=alice, passkey__isnull=False)
    assert session.factor == "passkey"
    assert "never used" not in text(page.get(PAGE))


def test_a_second_one_brings_no_codes(page: Client, alice: User) -> None:
    make(page, a_device())
    assert make(page, a_device(), "Blue key").headers["Location"] == PAGE
    assert "Blue key" in text(page.get(PAGE))


def test_it_is_the_second_step(page: Client, alice: User, client: Client) -> None:
    device = a_device(verifies=False)
    make(page, device)
    asked = text(client.post("/sign-in", {"address": alice.address, "password": SECRET}))
    assert "Use your passkey" in asked
    assert "authenticator app" not in asked
    assert second_step(client, alice, device).headers["Location"] == "/mail/"


def test_a_second_step_that_is_over_starts_again(client: Client) -> None:
    options = client.post("/sign-in/second-step/passkey", {"token": "made up"})
    assert options.status_code == 410
    assert json.loads(options.content)["detail"] == "That took too long. Please start again."


def test_a_passkey_of_mallorys_does_not_open_alice(page: Client, alice: User, client: Client) -> None:
    make(page, a_device())
    user = a_user("mallory", password=SECRET)
    mallory, device = signed_in_client(user), a_device()
    make(mallory, device)
    wrong = second_step(client, alice, device)
    assert wrong.status_code == 422
    assert "This passkey was not accepted." in text(wrong)
    assert "Use your passkey" in text(wrong)
    assert client.get("/").headers["Location"] == "/sign-in"
    hers = Passkey.objects.get(user=alice)
    for rest in ("rename", "remove"):
        assert mallory.get(f"{PAGE}/passkeys/{hers.id}/{rest}").status_code == 404
        assert mallory.post(f"{PAGE}/passkeys/{hers.id}/{rest}", {"label": "x"}).status_code == 404
    options = page.post(f"{PAGE}/passkeys/options").content.decode()
    stolen = {"label": "x", "response": a_device().create(options)}
    assert "took too long" in text(mallory.post(f"{PAGE}/passkeys/add", stolen))
    assert enter(client, device).headers["Location"] == "/mail/"
    assert Session.objects.filter(user=user, passkey__isnull=False).exists()


@pytest.mark.parametrize(("response", "says"), [("{}", "was not accepted"), ("", "scripts are switched off")])
def test_nonsense_is_refused_in_words(page: Client, client: Client, response: str, says: str) -> None:
    wrong = client.post("/sign-in/passkey", {"response": response, "kind": "passkey", "address": "a@b.test"})
    assert wrong.status_code == 422
    assert says in text(wrong)
    assert 'value="a@b.test"' in text(wrong)
    answer = page.post(f"{PAGE}/passkeys/add", {"label": "x", "response": response})
    assert answer.status_code == 422
    assert not Passkey.objects.exists()


def test_an_unknown_passkey_is_refused(page: Client, client: Client) -> None:
    wrong = enter(client, a_device(handle=b"x"))
    assert wrong.status_code == 422
    assert "This passkey was not accepted." in text(wrong)


def test_at_a_bare_address_there_are_none(page: Client, alice: User, client: Client) -> None:
    make(page, a_device())
    at = {"host": BARE}
    assert "data-passkey" not in text(client.get("/sign-in", headers=at))
    assert client.post("/sign-in/passkey/options", headers=at).status_code == 409
    entered = client.post("/sign-in", {"address": alice.address, "password": SECRET}, headers=at)
    assert "data-passkey" not in text(entered)
    assert "recovery code" in text(entered)
    assert "Passkeys do not work at this address." in text(page.get(PAGE, headers=at))
    assert page.get(f"{PAGE}/passkeys/add", headers=at).headers["Location"] == PAGE
    assert page.post(f"{PAGE}/passkeys/options", headers=at).status_code == 409


def test_it_is_renamed(page: Client, alice: User) -> None:
    make(page, a_device())
    found = Passkey.objects.get(user=alice)
    assert page.post(f"{PAGE}/passkeys/{found.id}/rename", {"label": " "}).status_code == 422
    page.post(f"{PAGE}/passkeys/{found.id}/rename", {"label": "Blue key"})
    found.refresh_from_db()
    assert found.label == "Blue key"
    assert AuditEntry.objects.filter(action="passkey.rename", target_id=str(alice.id)).count() == 1


def test_it_is_removed_and_whoever_came_in_by_it_goes(page: Client, alice: User) -> None:
    device, here, there = a_device(), Client(), Client()
    make(page, device)
    enter(here, device)
    enter(there, device)
    found = Passkey.objects.get(user=alice)
    assert "your only second step" in text(here.get(f"{PAGE}/passkeys/{found.id}/remove"))
    assert here.post(f"{PAGE}/passkeys/{found.id}/remove").headers["Location"] == PAGE
    assert here.get(PAGE).status_code == 200
    assert there.get(PAGE).status_code == 302
    assert factors_of(alice.id) == ()
    assert enter(Client(), device).status_code == 422


def test_with_an_app_beside_it_it_is_not_the_only_one(alice: User) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    make(page, a_device())
    found = Passkey.objects.get(user=alice)
    assert "your only second step" not in text(page.get(f"{PAGE}/passkeys/{found.id}/remove"))


def test_adding_and_removing_ask_for_a_recent_proof_which_a_passkey_is(page: Client, alice: User) -> None:
    device = a_device()
    make(page, device)
    found = Passkey.objects.get(user=alice)
    is_too_old(alice)
    for rest in ("passkeys/add", f"passkeys/{found.id}/remove"):
        assert page.get(f"{PAGE}/{rest}").headers["Location"].startswith(f"{PAGE}/prove")
        assert page.post(f"{PAGE}/{rest}").headers["Location"].startswith(f"{PAGE}/prove")
    assert page.post(f"{PAGE}/passkeys/options").status_code == 403
    assert "Use your passkey" in text(page.get(f"{PAGE}/prove"))
    wrong = page.post(f"{PAGE}/prove", {"kind": "passkey", "response": "{}"})
    assert "This passkey was not accepted." in text(wrong)
    answer = device.get(page.post(f"{PAGE}/prove/passkey").content.decode())
    wanted = f"{PAGE}/passkeys/add"
    proved = page.post(f"{PAGE}/prove", {"kind": "passkey", "response": answer, "next": wanted})
    assert proved.headers["Location"] == wanted
    assert page.post(f"{PAGE}/passkeys/options").status_code == 200


def test_strangers_are_told_to_sign_in(client: Client) -> None:
    for rest in (
        "passkeys/options",
        "prove/passkey",
        "passkeys/add",
        "passkeys/1/remove",
        "passkeys/1/rename",
    ):
        assert client.post(f"{PAGE}/{rest}").status_code == 401


def test_there_is_an_end_to_passkeys(page: Client, alice: User) -> None:
    for _ in range(passkeys.MOST):
        with_passkey(alice)
    assert "too many passkeys" in text(make(page, a_device()))
