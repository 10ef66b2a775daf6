"""Factors set up and taken away: what the first brings, what the last takes along, and what is told."""

import json
import time
from datetime import timedelta
from io import StringIO

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts import security
from apps.accounts.authentication import SignedIn
from apps.accounts.factors import Factor, factors_of
from apps.accounts.models import RecoveryCode, Session, Totp, User
from apps.accounts.services import credentials, passkeys, second_factor, sessions, totp
from apps.accounts.services.second_factor import FactorError
from apps.events.audit import SYSTEM, Actor
from apps.events.models import AuditEntry
from apps.organisations.errors import NotFoundError
from tests.accounts.signing import (
    BROWSER,
    SECRET,
    begin,
    finish_with_totp,
    session_of,
    sign_in,
    token_of,
    with_passkey,
    with_totp,
    wrong_codes,
)
from tests.factories import a_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


def told(user: User) -> list[str]:
    entries = AuditEntry.objects.filter(target_kind="user", target_id=str(user.id)).order_by("id")
    return [entry.action for entry in entries if not entry.action.startswith(("user.", "password."))]


def test_it_works(alice: User) -> None:
    phone = session_of(sign_in(alice.address))
    enrolment = totp.start(user=alice)
    app = pyotp.parse_uri(enrolment.uri)
    assert isinstance(app, pyotp.TOTP)
    assert app.secret == enrolment.secret
    assert factors_of(alice.id) == ()
    enrolled = totp.confirm(user=alice, code=app.now(), actor=Actor(alice.address, alice.id))
    assert (len(enrolled.recovery_codes), enrolled.ended_programs) == (10, 1)
    assert sessions.still_live([phone.id]) == set()
    assert factors_of(alice.id) == (Factor.TOTP, Factor.RECOVERY_CODE)
    totp.remove(user=alice, actor=SYSTEM)
    totp.remove(user=alice, actor=SYSTEM)
    assert factors_of(alice.id) == ()
    assert not RecoveryCode.objects.filter(user=alice).exists()
    assert told(alice) == ["totp.add", "totp.remove"]


def test_the_secret_is_sealed_and_told_nowhere(alice: User) -> None:
    app = with_totp(alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_totp WHERE user_id = %s", [alice.id])
        assert app.secret.encode() not in bytes(cursor.fetchone()[0])
    codes = second_factor.make_recovery_codes(user=alice, actor=SYSTEM)
    kept = json.dumps(list(RecoveryCode.objects.values("verifier")))
    words = json.dumps(list(AuditEntry.objects.values("details", "target")))
    for text in (app.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert text not in kept
        assert text not in words


def test_a_wrong_code_confirms_nothing(alice: User) -> None:
    app = pyotp.TOTP(totp.start(user=alice).secret)
    with pytest.raises(FactorError, match="not the code"):
        totp.confirm(user=alice, code=wrong_codes(app, 1)[0], actor=SYSTEM)
    other = pyotp.TOTP(totp.start(user=alice).secret)
    with pytest.raises(FactorError, match="not the code"):
        totp.confirm(user=alice, code=app.now(), actor=SYSTEM)
    totp.confirm(user=alice, code=other.now(), actor=SYSTEM)
    with pytest.raises(FactorError, match="set up already"):
        totp.start(user=alice)
    with pytest.raises(FactorError, match="too long"):
        totp.confirm(user=alice, code=other.at(int(time.time()) + 30), actor=SYSTEM)


def test_setting_up_ends_some_time(alice: User) -> None:
    app = pyotp.TOTP(totp.start(user=alice).secret)
    Totp.objects.update(created_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(FactorError, match="too long"):
        totp.confirm(user=alice, code=app.now(), actor=SYSTEM)


def test_recovery_codes_need_a_factor(alice: User) -> None:
    with pytest.raises(FactorError, match="none yet"):
        second_factor.make_recovery_codes(user=alice, actor=SYSTEM)


def test_the_second_factor_brings_no_new_codes_and_keeps_the_old(alice: User) -> None:
    with_totp(alice)
    before = set(RecoveryCode.objects.filter(user=alice).values_list("verifier", flat=True))
    with_passkey(alice)
    totp.remove(user=alice, actor=SYSTEM)
    assert set(RecoveryCode.objects.filter(user=alice).values_list("verifier", flat=True)) == before
    (row,) = security.factors(alice).passkeys
    passkeys.remove(passkey=passkeys.find(user=alice, passkey_id=row.id), actor=SYSTEM)
    assert not RecoveryCode.objects.filter(user=alice).exists()


def test_reset_takes_all_and_ends_browsers(alice: User) -> None:
    app, token = with_totp(alice), ""
    with_passkey(alice)
    browser = session_of(finish_with_totp(token_of(begin(alice.address)), app.now()))
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    phone = session_of(sign_in(alice.address, made.secret))
    token = token_of(begin(alice.address))
    reset = second_factor.reset_second_factor(user=alice, actor=SYSTEM)
    assert (reset.totp, reset.passkeys, reset.recovery_codes) == (True, 1, 10)
    assert sessions.still_live([browser.id, phone.id]) == {phone.id}
    assert not isinstance(finish_with_totp(token, app.at(int(time.time()) + 30)), SignedIn)
    assert isinstance(begin(alice.address), SignedIn)
    second_factor.reset_second_factor(user=alice, actor=SYSTEM)
    assert told(alice).count("second_factor.reset") == 1


def test_mallory_finds_nothing_of_alices(alice: User) -> None:
    with_passkey(alice)
    (row,) = security.factors(alice).passkeys
    with pytest.raises(NotFoundError):
        passkeys.find(user=a_user("mallory"), passkey_id=row.id)


def test_what_the_page_shows_costs_as_much_for_one_as_for_many(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    app = with_totp(alice)
    for n in range(3):
        with_passkey(alice, label=f"Key {n}")
        credentials.add_app_password(user=alice, label=f"phone {n}", actor=SYSTEM)
    made = credentials.add_app_password(
        user=alice, label="old", expires_at=timezone.now() - timedelta(days=1), actor=SYSTEM
    )
    browser = session_of(finish_with_totp(token_of(begin(alice.address)), app.now()))
    Session.objects.create(user=alice, door="imap", client="Thunderbird")
    Session.objects.create(user=a_user("mallory"), door="imap")
    with django_assert_num_queries(3):
        found = security.factors(alice)
    assert found.is_on
    assert [row.label for row in found.passkeys] == ["Key 0", "Key 1", "Key 2"]
    assert found.recovery_codes_left == 10
    with django_assert_num_queries(1):
        rows = security.app_passwords(alice)
    assert [(row.id == made.credential_id) for row in rows] == [row.is_expired for row in rows]
    with django_assert_num_queries(1):
        live = security.live_sessions(alice, current=browser.id)
    assert {(row.device, row.door, row.is_browser, row.is_current, row.factor) for row in live} == {
        ("Firefox on Linux", "webmail", True, True, "totp"),
        ("Thunderbird", "imap", False, False, ""),
    }
    assert BROWSER in {row.client for row in live}


# --- the commands ---


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_support_lists_and_resets(alice: User) -> None:
    with_totp(alice)
    with_passkey(alice, label="YubiKey")
    bob = a_user("bob")
    rows = [json.loads(line) for line in run("user", "list", "--json").splitlines()]
    has = {row["address"]: row["second factor"] for row in rows}
    assert (has[alice.address], has[bob.address]) == (True, False)
    rows = [json.loads(line) for line in run("credential", "list-factors", "--json").splitlines()]
    mine = [(row["kind"], row["label"], row["left"]) for row in rows if row["user"] == alice.address]
    assert mine == [("totp", "", None), ("passkey", "YubiKey", None), ("recovery_code", "", 10)]
    assert alice.address not in run("credential", "list-factors", bob.address)
    assert "the authenticator app, 1 passkeys" in run("user", "reset-second-factor", alice.address)
    assert "has no second factor" in run("user", "reset-second-factor", alice.address)
    entry = AuditEntry.objects.get(action="second_factor.reset")
    assert entry.actor.startswith("manage.py")
    with pytest.raises(CommandError, match="there is no user"):
        run("user", "reset-second-factor", "nobody@example.test")
