"""Signing in: one answer for everybody who is refused."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import authentication
from apps.accounts.authentication import Refused, SignedIn, authenticate_token
from apps.accounts.doors import Door
from apps.accounts.hashing import SCHEME
from apps.accounts.models import Credential, Session, User
from apps.accounts.services import credentials, sessions, users
from apps.domains.services import disable_domain
from apps.events.audit import SYSTEM
from apps.organisations.services import disable_organisation
from tests.accounts.signing import PEER, SECRET, refusal, session_of, sign_in
from tests.factories import a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


def test_it_works(alice: User) -> None:
    found = sign_in(alice.address.upper())
    assert isinstance(found, SignedIn)
    assert (found.user_id, found.address, found.organisation_id, found.scopes) == (
        alice.id,
        alice.address,
        alice.organisation_id,
        None,
    )
    session = session_of(found)
    assert (session.door, session.peer, session.credential_id) == ("imap", PEER, found.credential_id)


def test_a_password_in_another_normal_form_is_the_same() -> None:
    alice = a_user("alice", password="Zu\u0308rich-Hafen")
    assert isinstance(sign_in(alice.address, "Z\u00fcrich-Hafen"), SignedIn)


@pytest.mark.parametrize(
    "password", ["", "wrong", SECRET.upper(), SECRET + " ", "\0", "\ud800", "x" * 100_000]
)
def test_a_wrong_password_is_refused(alice: User, password: str) -> None:
    assert refusal(sign_in(alice.address, password)) == "wrong password"


@pytest.mark.parametrize(
    "login", ["", "alice", "@", "nobody@example.test", "a\0b@example.test", "x" * 5000, "\ud800"]
)
def test_an_unknown_user_is_refused(login: str) -> None:
    assert refusal(sign_in(login)) == "unknown user"


def test_whoever_is_disabled_is_refused_with_the_right_password(alice: User) -> None:
    users.disable_user(user=alice, actor=SYSTEM)
    assert refusal(sign_in(alice.address)) == "user disabled"
    users.enable_user(user=alice, actor=SYSTEM)
    assert isinstance(sign_in(alice.address), SignedIn)


def test_nobody_signs_in_to_a_disabled_domain_or_organisation(alice: User) -> None:
    disable_domain(domain=alice.domain, actor=SYSTEM)
    assert refusal(sign_in(alice.address)) == "domain disabled"
    disable_organisation(organisation=alice.organisation, actor=SYSTEM)
    assert refusal(sign_in(alice.address)) == "organisation disabled"


def test_a_user_without_password_is_refused() -> None:
    bob = a_user("bob")
    credentials.add_app_password(user=bob, label="phone", actor=SYSTEM)
    assert refusal(sign_in(bob.address)) == "no password"


@pytest.mark.slow
def test_refusals_look_and_take_alike(alice: User) -> None:
    disabled = a_user("carol", password=SECRET)
    users.disable_user(user=disabled, actor=SYSTEM)
    sign_in("warm@example.test")
    attempts = [(alice.address, "wrong"), ("nobody@example.test", SECRET), (disabled.address, SECRET)]
    for login, password in attempts:
        times = []
        for n in range(5):
            started = time.perf_counter()
            answer = sign_in(login, password, peer=f"198.51.100.{n}")
            times.append(time.perf_counter() - started)
            assert isinstance(answer, Refused)
            # The door waits for the rest, so that all of it together is the same.
            assert answer.pause + times[-1] == pytest.approx(0.4, abs=0.05)
        # Even without the pause: an Argon2 check each, some 18 ms.
        assert min(times) > 0.010, (login, times)


# --- app passwords ---


def test_an_app_password_signs_in_however_it_is_typed(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    for typed in (made.secret, made.secret.replace("-", ""), made.secret.upper().replace("-", " ")):
        found = sign_in(alice.address, typed)
        assert isinstance(found, SignedIn)
        assert found.credential_id == made.credential_id


def test_an_app_password_is_its_users_alone(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    mallory = a_user("mallory", password=SECRET)
    assert refusal(sign_in(mallory.address, made.secret)) == "wrong password"


def test_an_app_password_is_for_its_doors(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="sender", doors=["smtp"], actor=SYSTEM)
    assert isinstance(sign_in(alice.address, made.secret, door=Door.SMTP), SignedIn)
    for door in (Door.IMAP, Door.WEBMAIL, Door.CONSOLE, Door.API):
        assert refusal(sign_in(alice.address, made.secret, door=door)) == f"app password not for {door}"


def test_an_app_password_expires(alice: User) -> None:
    made = credentials.add_app_password(
        user=alice, label="guest", expires_at=timezone.now() - timedelta(seconds=1), actor=SYSTEM
    )
    assert refusal(sign_in(alice.address, made.secret)) == "credential expired"


@pytest.mark.parametrize(
    ("peer", "is_let_in"),
    [
        ("192.0.2.77", True),
        ("::ffff:192.0.2.77", True),
        ("2001:db8::5", True),
        ("198.51.100.1", False),
        (None, False),
        ("not an address", False),
    ],
)
def test_an_app_password_is_for_its_networks(alice: User, peer: str | None, *, is_let_in: bool) -> None:
    made = credentials.add_app_password(
        user=alice, label="office", networks=["192.0.2.0/24", "2001:db8::/64"], actor=SYSTEM
    )
    assert isinstance(sign_in(alice.address, made.secret, peer=peer), SignedIn) == is_let_in


def test_an_app_password_of_a_disabled_user_is_refused(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    users.disable_user(user=alice, actor=SYSTEM)
    assert refusal(sign_in(alice.address, made.secret)) == "user disabled"


def test_a_withdrawn_app_password_is_refused_and_its_sessions_end(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    session = session_of(sign_in(alice.address, made.secret))
    credentials.remove_credential(credential=Credential.objects.get(id=made.credential_id), actor=SYSTEM)
    assert refusal(sign_in(alice.address, made.secret)) == "wrong password"
    assert sessions.still_live([session.id]) == set()


# --- imported verifiers, changed passwords, sessions ---


def test_an_imported_verifier_gives_way_to_ours(alice: User) -> None:
    verifier = "{SSHA}ZiagWDkTqRb5dGI8jNjih9ltdZxzYWx0"  # sha1("correct horse battery" "salt")
    credentials.import_password(user=alice, verifier=verifier, actor=SYSTEM)
    assert refusal(sign_in(alice.address, "wrong")) == "wrong password"
    assert Credential.objects.get(user=alice).scheme == "SSHA"
    assert isinstance(sign_in(alice.address), SignedIn)
    assert Credential.objects.get(user=alice).scheme == SCHEME
    assert isinstance(sign_in(alice.address), SignedIn)


def test_a_malformed_verifier_matches_nothing(alice: User) -> None:
    for scheme in (SCHEME, "SHA512-CRYPT", "NO-SUCH-SCHEME", ""):
        Credential.objects.filter(user=alice).update(scheme=scheme, verifier="")
        assert refusal(sign_in(alice.address, "")) == "wrong password"


def test_a_new_password_ends_what_the_old_one_opened(alice: User) -> None:
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    phone = session_of(sign_in(alice.address, made.secret))
    browser = session_of(sign_in(alice.address, door=Door.WEBMAIL))
    credentials.set_password(user=alice, password="another horse battery", actor=SYSTEM)
    assert refusal(sign_in(alice.address)) == "wrong password"
    assert isinstance(sign_in(alice.address, "another horse battery"), SignedIn)
    assert sessions.still_live([phone.id, browser.id]) == {phone.id}


def test_a_password_changed_while_it_was_checked_lets_nobody_in(alice: User) -> None:
    checked = Credential.objects.select_related("user__organisation", "user__domain").get(user=alice)
    credentials.set_password(user=alice, password="another horse battery", actor=SYSTEM)
    assert authentication._enter(checked, Door.IMAP, PEER, "") == "credential changed meanwhile"
    assert not Session.objects.filter(user=alice).exists()


def test_a_client_goes_on_with_its_session(alice: User) -> None:
    first = session_of(sign_in(alice.address, client="Thunderbird"))
    assert session_of(sign_in(alice.address, client="Thunderbird")).id == first.id
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    again = session_of(sign_in(alice.address, client="Thunderbird"))
    assert again.id == first.id
    assert again.seen_at > timezone.now() - timedelta(minutes=1)
    for other in (
        sign_in(alice.address, client="mutt"),
        sign_in(alice.address, client="Thunderbird", peer="198.51.100.1"),
        sign_in(alice.address, client="Thunderbird", door=Door.SMTP),
    ):
        assert session_of(other).id != first.id


def test_an_ended_session_is_not_gone_on_with(alice: User) -> None:
    first = session_of(sign_in(alice.address))
    sessions.end_session(session=first, actor=SYSTEM)
    assert session_of(sign_in(alice.address)).id != first.id


def test_a_client_that_says_nonsense_is_let_in(alice: User) -> None:
    session = session_of(sign_in(alice.address, client="x\0" * 500, peer="fe80::1%eth0"))
    assert (session.client, session.peer) == ("x" * 200, "fe80::1")
    assert session_of(sign_in(alice.address, peer=None)).peer is None


def test_the_use_is_noted_once_a_minute(alice: User) -> None:
    sign_in(alice.address)
    first = Credential.objects.get(user=alice).last_used_at
    assert first is not None
    sign_in(alice.address, client="another")
    assert Credential.objects.get(user=alice).last_used_at == first
    Credential.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    sign_in(alice.address, client="a third")
    last = Credential.objects.get(user=alice).last_used_at
    assert last is not None
    assert last > timezone.now() - timedelta(minutes=1)


# --- API tokens ---


def test_a_token_signs_in_with_its_scopes(alice: User) -> None:
    made = credentials.add_token(user=alice, label="script", scopes=["directory:read"], actor=SYSTEM)
    found = authenticate_token(made.secret, peer=PEER)
    assert isinstance(found, SignedIn)
    assert (found.user_id, found.credential_id, found.scopes) == (
        alice.id,
        made.credential_id,
        frozenset({"directory:read"}),
    )
    assert Credential.objects.get(id=made.credential_id).last_used_at


@pytest.mark.parametrize("token", ["", "mp_", "mp_" + "A" * 43, "\0", "\ud800", "x" * 10_000])
def test_an_unknown_token_is_refused(token: str) -> None:
    assert refusal(authenticate_token(token, peer=PEER)) == "unknown token"


def test_a_token_is_a_token_exactly(alice: User) -> None:
    made = credentials.add_token(user=alice, label="script", scopes=["directory:read"], actor=SYSTEM)
    assert refusal(authenticate_token(made.secret.lower(), peer=PEER)) == "unknown token"
    assert refusal(sign_in(alice.address, made.secret)) == "wrong password"
    phone = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    assert refusal(authenticate_token(phone.secret, peer=PEER)) == "unknown token"


def test_tokens_expire_stay_in_their_networks_and_fall_with_their_user(alice: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    add = {"user": alice, "scopes": ["directory:read"], "actor": SYSTEM}
    expired = credentials.add_token(label="old", expires_at=past, **add)  # type: ignore[arg-type]
    office = credentials.add_token(label="office", networks=["198.51.100.0/24"], **add)  # type: ignore[arg-type]
    plain = credentials.add_token(label="script", **add)  # type: ignore[arg-type]
    assert refusal(authenticate_token(expired.secret, peer=PEER)) == "credential expired"
    assert refusal(authenticate_token(office.secret, peer=PEER)) == "credential not for this network"
    users.disable_user(user=alice, actor=SYSTEM)
    assert refusal(authenticate_token(plain.secret, peer=PEER)) == "user disabled"
