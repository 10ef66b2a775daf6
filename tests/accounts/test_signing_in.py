"""Two steps in a browser: the password, then what only its user has."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.accounts import signing_in
from apps.accounts.authentication import PAUSE_SECONDS, NeedsSecondFactor, Refused, SignedIn
from apps.accounts.doors import Door
from apps.accounts.factors import Factor
from apps.accounts.models import PendingSignIn, Session, Totp, User
from apps.accounts.services import credentials, second_factor, sessions, totp, users
from apps.accounts.signing_in import Proved
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from tests.accounts.signing import (
    BROWSER,
    PARTY,
    PEER,
    SECRET,
    begin,
    finish_with_totp,
    refusal,
    session_of,
    sign_in,
    token_of,
    with_passkey,
    with_totp,
    wrong_codes,
)
from tests.factories import a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


def test_it_works(alice: User) -> None:
    session = session_of(begin(alice.address))
    assert (session.door, session.peer, session.client, session.factor) == ("webmail", PEER, BROWSER, "")
    app = with_totp(alice)
    answer = begin(alice.address)
    assert isinstance(answer, NeedsSecondFactor)
    assert answer.kinds == (Factor.TOTP, Factor.RECOVERY_CODE)
    assert signing_in.pending_factors(answer.token) == answer.kinds
    session = session_of(finish_with_totp(answer.token, app.now()))
    assert (session.user_id, session.factor) == (alice.id, "totp")
    assert session.proved_at is not None
    told = AuditEntry.objects.filter(action="totp.use").latest("id")
    assert (told.actor, told.peer) == (alice.address, PEER)


def test_each_browser_has_a_session_of_its_own(alice: User) -> None:
    assert session_of(begin(alice.address)).id != session_of(begin(alice.address)).id


@pytest.mark.parametrize("login", ["", "nobody@example.test", "a\0b@example.test"])
def test_nobody_is_refused_as_anybody(alice: User, login: str) -> None:
    begin("warm@example.test")
    taken = []
    for who, password in ((login, SECRET), (alice.address, "wrong")):
        started = time.perf_counter()
        answer = begin(who, password)
        assert isinstance(answer, Refused)
        assert time.perf_counter() - started > 0.010
        taken.append(answer.pause + time.perf_counter() - started)
    assert taken[0] == pytest.approx(taken[1], abs=0.05)


def test_an_app_password_is_not_for_browsers(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    assert refusal(begin(alice.address, made.secret)) == "app password not for webmail"


def test_a_wrong_code_is_refused_and_may_be_tried_again(alice: User) -> None:
    app = with_totp(alice)
    token = token_of(begin(alice.address))
    answer = finish_with_totp(token, wrong_codes(app, 1)[0])
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.start_again) == ("wrong code", False)
    assert isinstance(finish_with_totp(token, app.now()), SignedIn)


def test_a_code_works_once(alice: User) -> None:
    app = with_totp(alice)
    code = app.now()
    first, second = token_of(begin(alice.address)), token_of(begin(alice.address))
    assert isinstance(finish_with_totp(first, code), SignedIn)
    assert refusal(finish_with_totp(second, code)) == "code used before"
    # The step before is over, too, for whoever read it over a shoulder.
    assert refusal(finish_with_totp(second, app.at(int(time.time()) - 30))) in {
        "code used before",
        "wrong code",
    }


def test_the_code_that_confirmed_the_app_is_used_up(alice: User) -> None:
    import pyotp

    app = pyotp.TOTP(totp.start(user=alice).secret)
    code = app.now()
    totp.confirm(user=alice, code=code, actor=SYSTEM)
    assert refusal(finish_with_totp(token_of(begin(alice.address)), code)) == "code used before"


def test_a_token_works_once_and_not_for_long(alice: User) -> None:
    app = with_totp(alice)
    token = token_of(begin(alice.address))
    assert isinstance(finish_with_totp(token, app.now()), SignedIn)
    again = finish_with_totp(token, app.at(int(time.time()) + 30))
    assert isinstance(again, Refused)
    assert again.start_again
    late = token_of(begin(alice.address))
    PendingSignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(finish_with_totp(late, app.now())) == signing_in.EXPIRED
    assert signing_in.pending_factors(late) == ()
    assert signing_in.second_factor_options(late, party=PARTY) is None
    second_factor.forget_expired()
    assert not PendingSignIn.objects.filter(user=alice).exists()


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 10_000])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    assert refusal(finish_with_totp(token, "123456")) == signing_in.EXPIRED


def test_a_new_password_ends_what_was_begun_with_the_old_one(alice: User) -> None:
    app = with_totp(alice)
    token = token_of(begin(alice.address))
    credentials.set_password(user=alice, password="another horse battery", actor=SYSTEM)
    assert refusal(finish_with_totp(token, app.now())) == signing_in.EXPIRED


def test_whoever_was_disabled_meanwhile_is_refused(alice: User) -> None:
    app = with_totp(alice)
    token = token_of(begin(alice.address))
    users.disable_user(user=alice, actor=SYSTEM)
    assert refusal(finish_with_totp(token, app.now())) == "user disabled"


def test_mallorys_code_does_not_open_alices_door(alice: User) -> None:
    with_totp(alice)
    theirs = with_totp(a_user("mallory", password=SECRET))
    assert refusal(finish_with_totp(token_of(begin(alice.address)), theirs.now())) == "wrong code"


# --- recovery codes ---


def test_a_recovery_code_works_once(alice: User) -> None:
    with_totp(alice)
    codes = second_factor.make_recovery_codes(user=alice, actor=SYSTEM)
    first, second = token_of(begin(alice.address)), token_of(begin(alice.address))
    typed = codes[0].upper().replace("-", " ")
    answer = signing_in.finish_with_recovery_code(first, typed, peer=PEER)
    assert session_of(answer).factor == "recovery_code"
    again = signing_in.finish_with_recovery_code(second, codes[0], peer=PEER)
    assert refusal(again) == "wrong recovery code"
    assert AuditEntry.objects.filter(action="recovery_code.use", target_id=str(alice.id)).count() == 1


def test_a_recovery_code_is_its_users_and_of_the_last_sheet(alice: User) -> None:
    with_totp(alice)
    mallory = a_user("mallory", password=SECRET)
    with_totp(mallory)
    theirs = second_factor.make_recovery_codes(user=mallory, actor=SYSTEM)[0]
    old = second_factor.make_recovery_codes(user=alice, actor=SYSTEM)[0]
    second_factor.make_recovery_codes(user=alice, actor=SYSTEM)
    token = token_of(begin(alice.address))
    for code in (theirs, old, "", "aaaaa-aaaaa"):
        assert refusal(signing_in.finish_with_recovery_code(token, code, peer=PEER)) == "wrong recovery code"


# --- the throttle ---


def test_codes_are_not_guessed_from_anywhere(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 3
    app = with_totp(alice)
    device = with_passkey(alice)
    token = token_of(begin(alice.address))
    for n, code in enumerate(wrong_codes(app, 3)):
        assert refusal(finish_with_totp(token, code, peer=f"198.51.{n}.1")) == "wrong code"
    answer = finish_with_totp(token, app.now(), peer="203.0.113.9")
    assert isinstance(answer, Refused)
    assert answer.reason == "throttled"
    assert answer.retry_after == pytest.approx(settings.MAIL_SIGN_IN_WINDOW, abs=5)
    assert refusal(signing_in.finish_with_recovery_code(token, "x", peer=PEER)) == "throttled"
    # What cannot be guessed is not counted: the user has a way in.
    options = signing_in.second_factor_options(token, party=PARTY)
    assert options is not None
    answer = signing_in.finish_with_passkey(token, device.get(options), party=PARTY, peer=PEER)
    assert isinstance(answer, SignedIn)


def test_a_right_code_is_no_guess(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    app = with_totp(alice)
    for _ in range(3):
        assert isinstance(finish_with_totp(token_of(begin(alice.address)), app.now()), SignedIn)
        Totp.objects.update(last_counter=0)


# --- mail programs ---


@pytest.mark.parametrize("door", [Door.IMAP, Door.SMTP])
def test_a_password_is_over_for_mail_programs(alice: User, door: Door) -> None:
    before = session_of(sign_in(alice.address, door=door))
    with_totp(alice)
    assert sessions.still_live([before.id]) == set()
    answer = sign_in(alice.address, door=door)
    assert isinstance(answer, Refused)
    assert answer.needs_app_password
    # As long as any other refusal takes, less what checking took.
    assert 0 < answer.pause <= PAUSE_SECONDS
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    assert isinstance(sign_in(alice.address, made.secret, door=door), SignedIn)


def test_only_who_has_the_password_hears_why(alice: User) -> None:
    with_totp(alice)
    answer = sign_in(alice.address, "wrong")
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.needs_app_password) == ("wrong password", False)


def test_a_right_password_is_no_failure(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    with_totp(alice)
    for _ in range(3):
        assert refusal(sign_in(alice.address)) == "second factor needed"


def test_an_app_that_was_not_confirmed_changes_nothing(alice: User) -> None:
    totp.start(user=alice)
    assert isinstance(sign_in(alice.address), SignedIn)
    assert isinstance(begin(alice.address), SignedIn)


# --- proving it again ---


def test_one_proves_it_again(alice: User) -> None:
    app = with_totp(alice)
    device = with_passkey(alice)
    session = session_of(finish_with_totp(token_of(begin(alice.address)), app.now()))
    Totp.objects.update(last_counter=0)

    def proved_now() -> bool:
        session.refresh_from_db()
        assert session.proved_at is not None
        was = session.proved_at > timezone.now() - timedelta(minutes=1)
        Session.objects.update(proved_at=timezone.now() - timedelta(hours=1))
        return was

    proved_now()
    who = {"user": alice, "session_id": session.id}
    assert refusal(signing_in.prove_with_password(**who, password="wrong", peer=PEER)) == "wrong password"  # type: ignore[arg-type]
    assert refusal(signing_in.prove_with_totp(**who, code=wrong_codes(app, 1)[0])) == "wrong code"  # type: ignore[arg-type]
    assert not proved_now()
    assert signing_in.prove_with_password(**who, password=SECRET, peer=PEER) == Proved()  # type: ignore[arg-type]
    assert proved_now()
    assert signing_in.prove_with_totp(**who, code=app.now()) == Proved()  # type: ignore[arg-type]
    assert proved_now()
    response = device.get(signing_in.prove_options(user=alice, party=PARTY))
    assert signing_in.prove_with_passkey(**who, response=response, party=PARTY) == Proved()  # type: ignore[arg-type]
    assert proved_now()
    sessions.end_session(session=session, actor=SYSTEM)
    assert refusal(signing_in.prove_with_password(**who, password=SECRET, peer=PEER)) == "session ended"  # type: ignore[arg-type]
