"""The pages on which one says how to sign in: password, sessions, app passwords, and the proof asked for."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.authentication import SignedIn
from apps.accounts.doors import Door
from apps.accounts.models import Credential, Session, User
from apps.accounts.services import credentials
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from tests.accounts.signing import SECRET, sign_in, signed_in_client, with_totp, wrong_codes
from tests.factories import a_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PAGE = "/settings/security"
NEW = "another horse battery"


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in_client(alice)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def is_too_old(user: User) -> None:
    """Let the last proof be long ago."""
    Session.objects.filter(user=user).update(proved_at=timezone.now() - timedelta(hours=1))


def test_it_works(page: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    assert page.get("/settings/").headers["Location"] == PAGE
    with django_assert_max_num_queries(7):
        shown = text(page.get(PAGE))
    assert "this browser" in shown
    assert "Firefox on Linux" in shown
    assert 'href="/settings/"' in shown


def test_strangers_are_asked_to_sign_in(client: Client, alice: User) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/sign-in?next=%2Fsettings%2Fsecurity")
    for path in ("password", "sessions/end", "app-passwords/add", "prove"):
        assert client.get(f"{PAGE}/{path}").status_code == 302
        assert client.post(f"{PAGE}/{path}").status_code == 401


def test_the_number_of_queries_is_the_same_for_many_rows(
    page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(5):
        credentials.add_app_password(user=alice, label=f"Phone {n}", actor=SYSTEM)
        Session.objects.create(user=alice, door=Door.IMAP, client=f"Thunderbird/{n}")
    with django_assert_max_num_queries(7):
        page.get(PAGE)


def test_a_new_password_ends_other_browsers(page: Client, alice: User) -> None:
    other = signed_in_client(alice)
    answer = page.post(f"{PAGE}/password", {"old": SECRET, "new": NEW})
    assert answer.headers["Location"] == PAGE
    assert "Your password was changed." in text(page.get(PAGE))
    assert other.get(PAGE).headers["Location"].startswith("/sign-in")
    assert isinstance(sign_in(alice.address, NEW), SignedIn)
    assert AuditEntry.objects.filter(action="password.set", target_id=str(alice.id)).count() == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("not it", NEW, "The old password is not right."),
        (SECRET, "short", "at least 10 characters"),
        ("", NEW, "required"),
    ],
)
def test_a_password_is_refused(page: Client, alice: User, old: str, new: str, says: str) -> None:
    answer = page.post(f"{PAGE}/password", {"old": old, "new": new})
    assert answer.status_code == 422
    assert says in text(answer)
    assert NEW not in text(answer)
    assert isinstance(sign_in(alice.address), SignedIn)


def test_guessing_the_old_password_is_throttled(page: Client) -> None:
    for n in range(12):
        answer = page.post(f"{PAGE}/password", {"old": f"guess {n}", "new": NEW})
    assert "Too many attempts" in text(answer)


def test_a_session_is_ended_and_this_one_is_not_offered(page: Client, alice: User) -> None:
    mine = Session.objects.get(user=alice)
    phone = Session.objects.create(user=alice, door=Door.IMAP, client="K-9 Mail")
    shown = text(page.get(PAGE))
    assert f"{phone.id}/end" in shown
    assert f"{mine.id}/end" not in shown
    assert page.post(f"{PAGE}/sessions/{mine.id}/end").status_code == 404
    assert page.get(f"{PAGE}/sessions/{phone.id}/end").status_code == 200
    assert page.post(f"{PAGE}/sessions/{phone.id}/end").status_code == 302
    phone.refresh_from_db()
    assert phone.ended_at is not None
    assert page.post(f"{PAGE}/sessions/{phone.id}/end").status_code == 404


def test_all_others_are_ended(page: Client, alice: User) -> None:
    Session.objects.create(user=alice, door=Door.IMAP)
    signed_in_client(alice)
    page.post(f"{PAGE}/sessions/end")
    assert Session.objects.filter(user=alice, ended_at=None).count() == 1
    assert page.get(PAGE).status_code == 200


def test_an_app_password_is_shown_once_and_lets_in(page: Client, alice: User) -> None:
    day = (timezone.now() + timedelta(days=10)).date()
    answer = page.post(
        f"{PAGE}/app-passwords/add",
        {"label": "Phone", "doors": ["imap"], "networks": "192.0.2.0/24, 2001:db8::/32", "until": str(day)},
    )
    assert "no-store" in answer.headers["Cache-Control"]
    shown = text(answer)
    found = re.search(r'id="app-password">([^<]+)<', shown)
    assert found
    assert "2993" in shown
    assert "SMTP server" not in shown
    assert isinstance(sign_in(alice.address, found[1], door=Door.IMAP), SignedIn)
    made = Credential.objects.get(user=alice, kind="app_password")
    assert (made.scopes, made.networks) == (["imap"], ["192.0.2.0/24", "2001:db8::/32"])
    assert made.expires_at is not None
    assert made.expires_at.date() == day
    listed = text(page.get(PAGE))
    assert "Phone" in listed
    assert found[1] not in listed
    page.post(f"{PAGE}/app-passwords/{made.id}/remove")
    assert not Credential.objects.filter(id=made.id).exists()
    assert not isinstance(sign_in(alice.address, found[1], door=Door.IMAP), SignedIn)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"label": ""}, "required"),
        ({"doors": []}, "required"),
        ({"doors": ["webmail"]}, "not one of the available choices"),
        ({"networks": "my house"}, "“my” is not a network."),
        ({"networks": "192.0.2.1/24"}, "is not a network."),
        ({"until": "2001-01-01"}, "This day is over."),
    ],
)
def test_an_app_password_is_refused(page: Client, changed: dict[str, Any], says: str) -> None:
    fields = {"label": "Phone", "doors": ["imap", "smtp"], **changed}
    answer = page.post(f"{PAGE}/app-passwords/add", fields)
    assert answer.status_code == 422
    assert says in text(answer)
    assert not Credential.objects.filter(kind="app_password").exists()


def test_what_matters_asks_for_a_recent_proof(page: Client, alice: User) -> None:
    is_too_old(alice)
    wanted = f"{PAGE}/app-passwords/add"
    asked = page.get(wanted)
    assert asked.headers["Location"] == f"{PAGE}/prove?next=%2Fsettings%2Fsecurity%2Fapp-passwords%2Fadd"
    assert (
        page.post(wanted, {"label": "x", "doors": ["imap"]}).headers["Location"].startswith(f"{PAGE}/prove")
    )
    assert page.get(wanted, headers={"HX-Request": "true"}).headers["HX-Redirect"].startswith(f"{PAGE}/prove")
    assert not Credential.objects.filter(kind="app_password").exists()
    assert page.get(PAGE).status_code == 200
    wrong = page.post(f"{PAGE}/prove", {"password": "not it", "next": wanted})
    assert wrong.status_code == 422
    assert "The password is not right." in text(wrong)
    assert page.get(wanted).status_code == 302
    assert page.post(f"{PAGE}/prove", {"password": SECRET, "next": wanted}).headers["Location"] == wanted
    assert page.get(wanted).status_code == 200


def test_a_code_is_proof_but_not_twice_and_no_wrong_one(alice: User) -> None:
    app = with_totp(alice)
    page = signed_in_client(alice)
    is_too_old(alice)
    used = page.post(f"{PAGE}/prove", {"kind": "totp", "code": app.now()})
    assert "This code is not right, or was used already." in text(used)
    wrong = page.post(f"{PAGE}/prove", {"kind": "totp", "code": wrong_codes(app, 1)[0]})
    assert text(wrong).count("This code is not right, or was used already.") == 1
    from apps.accounts.models import Totp

    Totp.objects.filter(user=alice).update(last_counter=0)
    right = page.post(f"{PAGE}/prove", {"kind": "totp", "code": app.now(), "next": "https://evil.example/"})
    assert right.headers["Location"] == PAGE


def test_mallory_reaches_nothing_of_alices(page: Client, alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    session = Session.objects.create(user=alice, door=Door.IMAP)
    mallory = signed_in_client(a_user("mallory", password=SECRET))
    for path in (f"app-passwords/{made.credential_id}/remove", f"sessions/{session.id}/end"):
        assert mallory.get(f"{PAGE}/{path}").status_code == 404
        assert mallory.post(f"{PAGE}/{path}").status_code == 404
    mallory.post(f"{PAGE}/sessions/end")
    session.refresh_from_db()
    assert session.ended_at is None
    assert Credential.objects.filter(id=made.credential_id).exists()
    assert "Phone" not in text(mallory.get(PAGE))
