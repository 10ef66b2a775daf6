"""Setting up an authenticator app, its recovery codes, and taking it away again."""

import html
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.factors import factors_of
from apps.accounts.models import RecoveryCode, Session, Totp, User
from apps.events.models import AuditEntry
from tests.accounts.signing import SECRET, signed_in_client, with_passkey, with_totp, wrong_codes
from tests.factories import a_user

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/security"


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in_client(alice)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def secret_on(shown: str) -> str:
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', shown)
    assert found
    return found[1].replace(" ", "")


def codes_on(shown: str) -> list[str]:
    return re.findall(r"<li>([a-z2-7]{5}-[a-z2-7]{5})</li>", shown)


def test_an_app_is_set_up_and_brings_codes_once(page: Client, alice: User, client: Client) -> None:
    shown = text(page.get(f"{PAGE}/app"))
    assert "<svg" in shown
    assert "style=" not in shown
    app = pyotp.TOTP(secret_on(shown))
    wrong = page.post(f"{PAGE}/app", {"code": wrong_codes(app, 1)[0]})
    assert wrong.status_code == 422
    assert "not the code the app shows" in text(wrong)
    assert secret_on(text(wrong)) == app.secret
    assert factors_of(alice.id) == ()
    done = page.post(f"{PAGE}/app", {"code": app.now()})
    codes = codes_on(text(done))
    assert len(codes) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert "10 codes are left." in text(page.get(PAGE))
    assert codes[0] not in text(page.get(PAGE))
    assert page.get(f"{PAGE}/app").headers["Location"] == PAGE
    asked = text(client.post("/sign-in", {"address": alice.address, "password": SECRET}))
    token = asked.split('name="token" value="')[1].split('"')[0]
    answer = {"token": token, "code": codes[0], "kind": "recovery_code"}
    assert client.post("/sign-in/second-step", answer).headers["Location"] == "/mail/"
    assert "9 codes are left." in text(page.get(PAGE))


def test_a_secret_nobody_confirmed_in_time_is_made_anew(page: Client, alice: User) -> None:
    app = pyotp.TOTP(secret_on(text(page.get(f"{PAGE}/app"))))
    Totp.objects.filter(user=alice).update(created_at=timezone.now() - timedelta(hours=2))
    late = page.post(f"{PAGE}/app", {"code": app.now()})
    assert "took too long" in text(late)
    assert secret_on(text(late)) != app.secret


def test_new_codes_replace_the_old(alice: User) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    one = codes_on(text(page.post(f"{PAGE}/recovery-codes")))
    two = codes_on(text(page.post(f"{PAGE}/recovery-codes")))
    assert len(one) == len(two) == 10
    assert not set(one) & set(two)
    assert RecoveryCode.objects.filter(user=alice).count() == 10


def test_there_are_no_codes_without_a_factor(page: Client) -> None:
    refused = page.post(f"{PAGE}/recovery-codes")
    assert refused.status_code == 422
    assert "there is none yet" in text(refused)


def test_the_app_is_removed_and_the_codes_with_it(alice: User) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    assert "your only second step" in text(page.get(f"{PAGE}/app/remove"))
    page.post(f"{PAGE}/app/remove")
    assert factors_of(alice.id) == ()
    assert not RecoveryCode.objects.filter(user=alice).exists()


@pytest.mark.parametrize("path", ["app", "app/remove", "recovery-codes"])
def test_each_asks_for_a_recent_proof(alice: User, path: str) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    Session.objects.filter(user=alice).update(proved_at=timezone.now() - timedelta(hours=1))
    assert page.get(f"{PAGE}/{path}").headers["Location"].startswith(f"{PAGE}/prove")
    assert page.post(f"{PAGE}/{path}").headers["Location"].startswith(f"{PAGE}/prove")
    assert factors_of(alice.id)


def test_mallorys_app_is_not_alices(alice: User) -> None:
    app = with_totp(alice)
    mallory = signed_in_client(a_user("mallory", password=SECRET))
    assert secret_on(text(mallory.get(f"{PAGE}/app"))) != app.secret
    mallory.post(f"{PAGE}/app/remove")
    assert factors_of(alice.id)


def test_the_second_step_is_turned_off_at_once_and_other_browsers_go(alice: User) -> None:
    with_totp(alice)
    with_passkey(alice)
    page, other = signed_in_client(alice), signed_in_client(alice)
    asked = text(page.get(f"{PAGE}/second-step/off"))
    assert "Your passkey is removed." in asked
    assert "app's codes stop working" in asked
    assert page.post(f"{PAGE}/second-step/off").headers["Location"] == PAGE
    shown = text(page.get(PAGE))
    assert "The second step is off." in shown
    assert "second-step/off" not in shown
    assert other.get(PAGE).status_code == 302
    assert factors_of(alice.id) == ()
    entry = AuditEntry.objects.get(action="second_factor.reset", target_id=str(alice.id))
    assert entry.actor == alice.address
    assert page.get(f"{PAGE}/second-step/off").headers["Location"] == PAGE


def test_turning_it_off_asks_again_even_when_one_signed_in_a_while_ago(alice: User) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    Session.objects.filter(user=alice).update(proved_at=timezone.now() - timedelta(minutes=3))
    assert page.get(f"{PAGE}/recovery-codes").status_code == 200
    wanted = f"{PAGE}/second-step/off"
    assert page.post(wanted).headers["Location"].startswith(f"{PAGE}/prove?next=")
    assert factors_of(alice.id)
    assert page.post(f"{PAGE}/prove", {"password": SECRET, "next": wanted}).headers["Location"] == wanted
    page.post(wanted)
    assert factors_of(alice.id) == ()


def test_whoever_came_in_by_a_code_from_paper_hears_how_many_are_left(alice: User, client: Client) -> None:
    with_totp(alice)
    page = signed_in_client(alice)
    codes = codes_on(text(page.post(f"{PAGE}/recovery-codes")))
    RecoveryCode.objects.filter(user=alice, id__in=some_codes(alice, 6)).update(used_at=timezone.now())

    asked = text(client.post("/sign-in", {"address": alice.address, "password": SECRET}))
    token = asked.split('name="token" value="')[1].split('"')[0]
    client.post("/sign-in/second-step", {"token": token, "code": codes[-1], "kind": "recovery_code"})
    assert "3 recovery codes are left. Make new ones in the settings." in text(client.get(PAGE))
    assert "few left" in text(client.get(PAGE))
    RecoveryCode.objects.filter(user=alice).update(used_at=timezone.now())
    assert "none left" in text(page.get(PAGE))


def some_codes(user: User, count: int) -> list[int]:
    return list(RecoveryCode.objects.filter(user=user).order_by("id").values_list("id", flat=True)[:count])
