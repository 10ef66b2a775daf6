"""Who guesses is not listened to for a while; nobody else notices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.authentication import Refused, SignedIn
from apps.accounts.models import Failure, User
from apps.accounts.services import credentials
from apps.accounts.throttle import network_of
from apps.events.audit import SYSTEM
from tests.accounts.signing import PEER, SECRET, refusal, sign_in
from tests.factories import a_user

pytestmark = pytest.mark.django_db


def failures() -> QuerySet[Failure]:
    """Those of the network tests sign in from; others are left by tests that commit."""
    return Failure.objects.filter(network=network_of(PEER))


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "local"),
        ("", "local"),
        ("nonsense", "local"),
    ],
)
def test_a_peer_is_counted_in_its_network(peer: str | None, network: str) -> None:
    assert network_of(peer) == network


def test_a_network_that_guesses_is_not_listened_to(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 3
    for n in range(3):
        assert refusal(sign_in(alice.address, f"guess {n}")) == "wrong password"
    answer = sign_in(alice.address)
    assert refusal(answer) == "throttled"
    assert isinstance(answer, Refused)
    assert answer.retry_after == pytest.approx(settings.MAIL_SIGN_IN_WINDOW, abs=5)
    # A neighbour in the same /24 shares the blame; the rest of the world does not.
    assert refusal(sign_in(alice.address, peer="192.0.2.200")) == "throttled"
    assert isinstance(sign_in(alice.address, peer="198.51.100.7"), SignedIn)


def test_other_accounts_of_the_network_are_not_concerned(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    sign_in(alice.address, "guess 1")
    assert refusal(sign_in(alice.address, "guess 2")) == "throttled"
    bob = a_user("bob", password=SECRET)
    assert isinstance(sign_in(bob.address), SignedIn)


def test_unknown_users_are_throttled_alike(settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    for login in ("nobody@example.test", "no address at all"):
        sign_in(login, "guess 1")
        assert refusal(sign_in(login, "guess 2")) == "throttled"


def test_the_same_wrong_password_counts_once(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 2
    for _ in range(5):
        assert refusal(sign_in(alice.address, "my old password")) == "wrong password"
    assert isinstance(sign_in(alice.address), SignedIn)


def test_a_network_that_tries_many_accounts_is_not_listened_to(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_NETWORK_FAILURES = 3
    for n in range(3):
        sign_in(f"user{n}@example.test", "password1")
    assert refusal(sign_in(alice.address)) == "throttled"
    assert isinstance(sign_in(alice.address, peer="2001:db8::1"), SignedIn)


def test_signing_in_leaves_nothing_behind(alice: User) -> None:
    sign_in(alice.address)
    assert not failures().exists()


def test_failures_are_forgotten(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    sign_in(alice.address, "guess 1")
    long_ago = timezone.now() - timedelta(seconds=settings.MAIL_SIGN_IN_WINDOW + 100)
    failures().update(at=long_ago)
    assert refusal(sign_in(alice.address, "guess 1")) == "wrong password"
    assert refusal(sign_in(alice.address, "guess 2")) == "throttled"


def test_expired_failures_do_not_pile_up(alice: User, settings: Settings) -> None:
    for n in range(3):
        sign_in(alice.address, f"guess {n}")
    # Well past: in a test the database's now() is when the transaction began.
    failures().update(at=timezone.now() - timedelta(seconds=settings.MAIL_SIGN_IN_WINDOW + 100))
    sign_in(alice.address, "another guess")
    assert failures().count() == 1


def test_being_throttled_does_not_prolong_it(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    sign_in(alice.address, "guess 1")
    for n in range(5):
        assert refusal(sign_in(alice.address, f"again {n}")) == "throttled"
    assert failures().count() == 1


def test_neither_login_nor_password_is_kept(alice: User) -> None:
    sign_in(alice.address, "guess 1")
    sign_in("my secret passphrase", "oops")
    for failure in failures():
        kept = bytes(failure.login) + bytes(failure.fingerprint)
        assert b"alice" not in kept
        assert b"secret" not in kept


def test_a_phone_with_an_app_password_is_never_locked_out(alice: User, settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 1
    made = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM)
    sign_in(alice.address, "guess 1")
    assert refusal(sign_in(alice.address, "guess 2")) == "throttled"
    assert isinstance(sign_in(alice.address, made.secret), SignedIn)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_hundred_guesses_at_once_are_no_way_around(settings: Settings) -> None:
    settings.MAIL_SIGN_IN_FAILURES = 5
    alice = a_user("alice", password=SECRET)

    def guess(n: int) -> str:
        try:
            return refusal(sign_in(alice.address, f"guess {n}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        reasons = list(pool.map(guess, range(100)))
    assert reasons.count("wrong password") <= 5
    assert reasons.count("throttled") >= 95
