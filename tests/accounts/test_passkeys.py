"""Passkeys, with a device in software: alone, as a second factor, copied, and lied about."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from webauthn.helpers import bytes_to_base64url

from apps.accounts import signing_in
from apps.accounts.authentication import NeedsSecondFactor, Refused, SignedIn
from apps.accounts.factors import Factor
from apps.accounts.models import Challenge, Passkey, User
from apps.accounts.passkeys import Party, party_of
from apps.accounts.services import passkeys, second_factor, sessions, users
from apps.accounts.services.second_factor import FactorError
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from tests.accounts.authenticator import Authenticator
from tests.accounts.signing import (
    BROWSER,
    PARTY,
    PEER,
    SECRET,
    begin,
    refusal,
    session_of,
    token_of,
    with_passkey,
)
from tests.factories import a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return a_user("alice", password=SECRET)


def enter(device: Authenticator, party: Party = PARTY, **lies: Any) -> SignedIn | Refused:
    """Sign in by a passkey alone."""
    response = device.get(signing_in.passkey_options(party=party), **lies)
    return signing_in.sign_in_with_passkey(response, party=party, peer=PEER, client=BROWSER)


def test_it_works(alice: User) -> None:
    device = with_passkey(alice)
    kept = Passkey.objects.get(user=alice)
    assert (kept.party, kept.transports, kept.is_synced) == ("localhost", ["internal"], False)
    answer = enter(device)
    session = session_of(answer)
    assert (session.user_id, session.passkey_id, session.credential_id, session.factor) == (
        alice.id,
        kept.id,
        None,
        "passkey",
    )
    assert isinstance(enter(device), SignedIn)
    kept.refresh_from_db()
    assert kept.sign_count == device.count
    assert kept.last_used_at is not None
    assert AuditEntry.objects.filter(action="passkey.use", target_id=str(alice.id)).count() == 2


def test_it_is_a_second_factor(alice: User) -> None:
    device = with_passkey(alice, Authenticator(verifies=False))
    answer = begin(alice.address)
    assert isinstance(answer, NeedsSecondFactor)
    assert answer.kinds == (Factor.PASSKEY, Factor.RECOVERY_CODE)
    options = signing_in.second_factor_options(answer.token, party=PARTY)
    assert options is not None
    assert len(json.loads(options)["allowCredentials"]) == 1
    response = device.get(options, handle=None)
    done = signing_in.finish_with_passkey(answer.token, response, party=PARTY, peer=PEER)
    session = session_of(done)
    assert (session.factor, session.passkey_id) == ("passkey", None)


def test_without_finger_or_pin_it_is_no_way_in_alone(alice: User) -> None:
    assert refusal(enter(with_passkey(alice, Authenticator(verifies=False)))) == "signature not believed"


def test_a_synced_passkey_does_not_count(alice: User) -> None:
    device = with_passkey(alice, Authenticator(counts=False))
    for _ in range(3):
        assert isinstance(enter(device), SignedIn)


def test_a_copy_shows(alice: User) -> None:
    device = with_passkey(alice)
    thief = device.copied()
    assert isinstance(enter(device), SignedIn)
    assert refusal(enter(thief)) == "passkey was copied"
    told = AuditEntry.objects.filter(action="passkey.copied").latest("id")
    assert told.details == {"label": "Key", "counter": 2, "expected_above": 2}
    silent = device.copied()
    silent.counts, silent.count = False, 0
    assert refusal(enter(silent)) == "passkey was copied"


def test_an_answer_works_once(alice: User) -> None:
    device = with_passkey(alice, Authenticator(counts=False))
    response = device.get(signing_in.passkey_options(party=PARTY))
    assert isinstance(signing_in.sign_in_with_passkey(response, party=PARTY, peer=PEER), SignedIn)
    again = signing_in.sign_in_with_passkey(response, party=PARTY, peer=PEER)
    assert refusal(again) == "challenge unknown, used or expired"


def test_a_challenge_expires_and_is_for_one_purpose(alice: User) -> None:
    device = with_passkey(alice)
    for options in (
        passkeys.registration_options(user=alice, party=PARTY),
        signing_in.prove_options(user=alice, party=PARTY),
        signing_in.second_factor_options(token_of(begin(alice.address)), party=PARTY) or "",
    ):
        response = device.get(json.dumps(json.loads(options) | {"rpId": "localhost"}))
        answer = signing_in.sign_in_with_passkey(response, party=PARTY, peer=PEER)
        assert refusal(answer) == "challenge unknown, used or expired"
    late = signing_in.passkey_options(party=PARTY)
    Challenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = signing_in.sign_in_with_passkey(device.get(late), party=PARTY, peer=PEER)
    assert refusal(answer) == "challenge unknown, used or expired"
    second_factor.forget_expired()
    assert not Challenge.objects.exists()


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"signature": bytes(70)}, "signature not believed"),
        ({"rpId": "evil.example"}, "signature not believed"),
        ({"handle": b"somebody else"}, "passkey of another user"),
        ({"handle": None}, "passkey that names no user"),
        ({"challenge": bytes_to_base64url(bytes(32))}, "challenge unknown, used or expired"),
    ],
)
def test_a_lie_is_refused(alice: User, lie: dict[str, Any], reason: str) -> None:
    assert refusal(enter(with_passkey(alice), **lie)) == reason


def test_another_page_gets_nothing(alice: User) -> None:
    device = with_passkey(alice)
    device.origin = "https://evil.example"
    assert refusal(enter(device)) == "signature not believed"
    device.origin = "http://mail.example.test"
    assert refusal(enter(device, Party("mail.example.test", device.origin))) == "unknown passkey"


def test_a_strangers_passkey_is_unknown(alice: User) -> None:
    with_passkey(alice)
    assert refusal(enter(Authenticator(handle=b"x"))) == "unknown passkey"


def test_mallorys_passkey_is_not_alices_second_factor(alice: User) -> None:
    with_passkey(alice)
    theirs = with_passkey(a_user("mallory", password=SECRET))
    token = token_of(begin(alice.address))
    options = signing_in.second_factor_options(token, party=PARTY)
    assert options is not None
    answer = signing_in.finish_with_passkey(token, theirs.get(options), party=PARTY, peer=PEER)
    assert refusal(answer) == "unknown passkey"


def test_whoever_is_disabled_stays_out(alice: User) -> None:
    device = with_passkey(alice)
    users.disable_user(user=alice, actor=SYSTEM)
    assert refusal(enter(device)) == "user disabled"


def test_a_removed_passkey_opens_nothing_and_ends_what_it_opened(alice: User) -> None:
    device = with_passkey(alice)
    session = session_of(enter(device))
    passkey = Passkey.objects.get(user=alice)
    passkeys.rename(passkey=passkey, label="Blue key", actor=SYSTEM)
    passkeys.remove(passkey=passkey, actor=SYSTEM)
    assert refusal(enter(device)) == "unknown passkey"
    assert sessions.still_live([session.id]) == set()
    told = (
        AuditEntry.objects.filter(target_kind="user", target_id=str(alice.id))
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert [action for action in told if action.startswith("passkey.") and action != "passkey.use"] == [
        "passkey.add",
        "passkey.rename",
        "passkey.remove",
    ]


@pytest.mark.parametrize(
    "nonsense", ["", "{}", "[]", "null", '{"response": {}}', "x" * 70_000, '{"id": "\\u0000"}']
)
def test_nonsense_is_refused(alice: User, nonsense: str) -> None:
    answer = signing_in.sign_in_with_passkey(nonsense, party=PARTY, peer=PEER)
    assert refusal(answer) == "not a passkey's answer"
    with pytest.raises(FactorError):
        passkeys.register(user=alice, party=PARTY, response=nonsense, label="x", actor=SYSTEM)


def test_any_part_broken_is_refused_and_never_an_error(alice: User) -> None:
    device = with_passkey(alice)
    broken: object
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        for broken in ("", "AAAA", "%%%", None, 7, []):
            whole = json.loads(device.get(signing_in.passkey_options(party=PARTY)))
            whole["response"][part] = broken
            answer = signing_in.sign_in_with_passkey(json.dumps(whole), party=PARTY, peer=PEER)
            assert isinstance(answer, Refused)


def test_adding_needs_a_fresh_challenge_of_ones_own(alice: User) -> None:
    mallory = a_user("mallory")

    def options(user: User = alice) -> str:
        return passkeys.registration_options(user=user, party=PARTY)

    def add(response: str) -> None:
        passkeys.register(user=alice, party=PARTY, response=response, label="", actor=SYSTEM)

    device = Authenticator()
    response = device.create(options())
    add(response)
    assert Passkey.objects.get(user=alice).label == "Passkey"
    tries: list[tuple[Callable[[], str], str]] = [
        (lambda: response, "took too long"),
        (lambda: Authenticator().create(options(mallory)), "took too long"),
        (lambda: Authenticator(origin="https://evil.example").create(options()), "could not be added"),
        (lambda: device.create(options()), "added already"),
    ]
    for make, words in tries:
        with pytest.raises(FactorError, match=words):
            add(make())
    assert json.loads(options())["excludeCredentials"][0]["transports"] == ["internal"]
    assert Passkey.objects.filter(user=alice).count() == 1


def test_there_is_an_end_to_passkeys(alice: User) -> None:
    Passkey.objects.bulk_create(
        Passkey(user=alice, label="x", credential_id=bytes([n]) * 20, public_key=b"", party="localhost")
        for n in range(passkeys.MOST)
    )
    with pytest.raises(FactorError, match="too many"):
        with_passkey(alice)


@pytest.mark.parametrize(
    ("host", "party"),
    [
        ("mail.example.test", Party("mail.example.test", "https://mail.example.test")),
        ("Mail.Example.Test:8443", Party("mail.example.test", "https://mail.example.test:8443")),
        ("web.mail.example.test", Party("mail.example.test", "https://web.mail.example.test")),
        ("localhost:8080", Party("localhost", "https://localhost:8080")),
        ("webmail.example.org", Party("webmail.example.org", "https://webmail.example.org")),
        ("127.0.0.1:8080", None),
        ("[::1]:8080", None),
        ("[::1]", None),
        ("", None),
    ],
)
def test_the_party_is_the_pages_name(host: str, party: Party | None, settings: Settings) -> None:
    settings.MAIL_HOSTNAME = "mail.example.test"
    assert party_of(host, is_secure=True) == party
