"""Browsers: one query says who sits there, and an ended session is over at the next click."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts import security, web
from apps.accounts.authentication import Refused
from apps.accounts.models import Credential, Session, User, WebSession
from apps.accounts.services import credentials, passwords, sessions, users
from apps.accounts.signing_in import Proved
from apps.domains.services import disable_domain
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import DirectoryError
from tests.accounts.signing import BROWSER, PEER, SECRET, session_of, sign_in, signed_in_client, with_totp
from tests.factories import a_role, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.browser_urls")]
COOKIE = "mail_session"


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


def a_browser(**more: Any) -> Client:
    return Client(headers={"User-Agent": BROWSER}, REMOTE_ADDR=PEER, **more)


def enter(client: Client, user: User, **more: str) -> Any:
    return client.post("/in", {"login": user.address, "password": SECRET} | more)


def is_in(client: Client) -> bool:
    return bool(client.get("/who").json()["is_in"])


def test_it_works(alice: User) -> None:
    client = a_browser()
    assert not is_in(client)
    assert COOKIE not in client.cookies
    assert enter(client, alice).content == b"in"
    assert client.get("/who").json()["user"] == alice.address
    session = Session.objects.get(user=alice)
    assert (session.door, session.peer, session.client) == ("webmail", PEER, BROWSER)
    (row,) = security.live_sessions(alice, current=session.id)
    assert (row.device, row.is_current) == ("Firefox on Linux", True)
    client.get("/out")
    assert not is_in(client)
    session.refresh_from_db()
    assert session.ended_at is not None
    assert not WebSession.objects.exists()
    told = AuditEntry.objects.filter(action="session.end").latest("id")
    assert (told.actor, told.peer) == (alice.address, PEER)


def test_a_wrong_password_gives_no_cookie(alice: User) -> None:
    client = a_browser()
    assert enter(client, alice, password="wrong").status_code == 403
    assert COOKIE not in client.cookies


def test_who_sits_there_is_one_query(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    a_role(alice, "domain_admin", domain=alice.domain)
    stranger, client = a_browser(), a_browser()
    enter(client, alice)
    with django_assert_num_queries(0):
        stranger.get("/who")
        client.get("/still")
    with django_assert_num_queries(1):
        client.get("/who")
    with django_assert_num_queries(2):
        assert client.get("/roles").content == b"1"


def test_it_is_seen_at_most_once_a_minute(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = a_browser()
    enter(client, alice)
    hour_ago = timezone.now() - timedelta(hours=1)
    Session.objects.update(seen_at=hour_ago)
    WebSession.objects.update(expires_at=timezone.now() + timedelta(minutes=5))
    with django_assert_num_queries(3):
        client.get("/who", REMOTE_ADDR="198.51.100.7")
    session = Session.objects.get(user=alice)
    assert session.seen_at > hour_ago
    assert session.peer == "198.51.100.7"
    assert WebSession.objects.get(session=session).expires_at > timezone.now() + timedelta(hours=11)
    with django_assert_num_queries(1):
        client.get("/who")


def test_an_ended_session_is_over_at_the_next_request(alice: User) -> None:
    here, there = a_browser(), a_browser()
    enter(here, alice)
    enter(there, alice)
    mine, other = Session.objects.filter(user=alice).order_by("created_at")
    assert sessions.end_sessions(user_id=alice.id, but=mine.id, actor=SYSTEM) == 1
    assert (is_in(here), is_in(there)) == (True, False)
    sessions.end_session(session=mine, actor=SYSTEM)
    assert not is_in(here)
    assert other.id != mine.id


@pytest.mark.parametrize("how", ["user", "domain", "credential", "expired", "row"])
def test_whoever_is_kept_out_is_out(alice: User, how: str) -> None:
    client = a_browser()
    enter(client, alice)
    match how:
        case "user":
            users.disable_user(user=alice, actor=SYSTEM)
        case "domain":
            disable_domain(domain=alice.domain, actor=SYSTEM)
        case "credential":
            credentials.remove_credential(credential=Credential.objects.get(user=alice), actor=SYSTEM)
        case "expired":
            Credential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        case _:
            WebSession.objects.all().delete()
    assert not is_in(client)


def test_a_session_ends_when_idle_and_some_day_anyway(alice: User, settings: Settings) -> None:
    settings.MAIL_SESSION_LIFETIME = 3600
    client = a_browser()
    enter(client, alice)
    row = WebSession.objects.get(session__user=alice)
    assert row.expires_at < timezone.now() + timedelta(seconds=3601)
    Session.objects.update(
        created_at=timezone.now() - timedelta(minutes=50), seen_at=timezone.now() - timedelta(minutes=2)
    )
    assert is_in(client)
    row.refresh_from_db()
    assert row.expires_at < timezone.now() + timedelta(minutes=11)
    WebSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)
    assert security.live_sessions(alice) == []
    sessions.forget_sessions()
    assert Session.objects.get(user=alice).ended_at is not None
    assert not WebSession.objects.exists()


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_cookie_stays_if_its_user_asked(alice: User, *, is_remembered: bool, settings: Settings) -> None:
    client = a_browser()
    enter(client, alice, **({"remember": "1"} if is_remembered else {}))
    cookie = client.cookies[COOKIE]
    assert cookie["max-age"] == (settings.MAIL_SESSION_LIFETIME if is_remembered else "")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    idle = settings.MAIL_SESSION_REMEMBERED if is_remembered else settings.MAIL_SESSION_IDLE
    expires_at = WebSession.objects.get(session__user=alice).expires_at
    assert expires_at == pytest.approx(timezone.now() + timedelta(seconds=idle), abs=timedelta(minutes=1))


def test_over_tls_the_cookie_is_for_tls_only(alice: User) -> None:
    client = a_browser()
    client.post("/in", {"login": alice.address, "password": SECRET}, secure=True)
    assert client.cookies[COOKIE]["secure"]
    assert client.get("/who", secure=True).json()["party"].startswith("None") is False


def test_a_planted_cookie_is_worth_nothing(alice: User) -> None:
    mallory = a_browser()
    mallory.get("/keep?kept=planted")
    planted = mallory.cookies[COOKIE].value
    victim = a_browser()
    victim.cookies[COOKIE] = planted
    enter(victim, alice)
    assert victim.cookies[COOKIE].value != planted
    assert victim.get("/who").json()["kept"] is None
    assert not is_in(mallory)
    for made_up in ("x" * 32, "", "a\0b", "x" * 5000):
        victim.cookies[COOKIE] = made_up
        assert not is_in(victim)


def test_signing_in_as_another_signs_the_first_one_out(alice: User) -> None:
    client, bob = a_browser(), a_user("bob", password=SECRET)
    enter(client, alice)
    first = client.cookies[COOKIE].value
    enter(client, bob)
    assert client.get("/who").json()["user"] == bob.address
    assert Session.objects.get(user=alice).ended_at is not None
    assert web.current_of_cookie(first) is None
    found = web.current_of_cookie(client.cookies[COOKIE].value)
    assert found is not None
    assert found.user == bob
    assert web.current_of_cookie(None) is None


def test_what_a_page_keeps_is_kept_and_the_cookie_is_not(alice: User) -> None:
    client = a_browser()
    enter(client, alice)
    client.get("/keep?kept=this")
    assert client.get("/who").json()["kept"] == "this"
    row = WebSession.objects.get(session__user=alice)
    assert client.cookies[COOKIE].value not in (row.key, str(row.data))


def test_a_request_that_overlaps_its_end_brings_nothing_back(alice: User) -> None:
    client = a_browser()
    enter(client, alice)
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = client.cookies[COOKIE].value
    middleware = web.SessionMiddleware(lambda _: HttpResponse())
    middleware.process_request(request)
    request.session["kept"] = "late"
    client.get("/out")
    with pytest.raises(Exception, match="deleted before the request completed"):
        middleware.process_response(request, HttpResponse())
    assert not WebSession.objects.exists()


def test_tests_of_pages_sign_in_with_a_sentence(alice: User) -> None:
    assert is_in(signed_in_client(alice))
    with_totp(alice)
    assert is_in(signed_in_client(alice))


# --- the password its owner changes ---


def test_a_changed_password_keeps_this_browser_and_ends_the_others(alice: User) -> None:
    here, there = a_browser(), a_browser()
    enter(here, alice)
    enter(there, alice)
    mine = Session.objects.filter(user=alice).earliest("created_at")
    program = session_of(sign_in(alice.address))
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    phone = session_of(sign_in(alice.address, made.secret))

    def change(old: str | None, new: str = "another horse battery") -> Proved | Refused:
        return passwords.change_password(
            user=alice, new=new, old=old, session_id=mine.id, peer=PEER, actor=SYSTEM
        )

    answer = change("wrong")
    assert isinstance(answer, Refused)
    assert answer.reason == "wrong password"
    with pytest.raises(DirectoryError, match="at least"):
        change(SECRET, "short")
    assert change(SECRET) == Proved()
    assert (is_in(here), is_in(there)) == (True, False)
    assert sessions.still_live([program.id, phone.id]) == {phone.id}
    assert isinstance(sign_in(alice.address), Refused)
    # Just proved: the old one is not asked for.
    assert here.get("/who").json()["proved"]
    assert change(None, "a third horse battery") == Proved()
    Session.objects.filter(id=mine.id).update(proved_at=timezone.now() - timedelta(hours=1))
    assert not here.get("/who").json()["proved"]
    answer = change(None)
    assert isinstance(answer, Refused)
    assert answer.reason == "no recent proof"
