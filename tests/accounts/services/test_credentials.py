"""Credentials: what may be one, what is kept of it, and what is told."""

import json

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from apps.accounts.models import Credential, Session
from apps.accounts.services import credentials, sessions
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import DirectoryError
from tests.accounts.signing import SECRET
from tests.factories import a_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 1025, "é" * 600])
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    with pytest.raises(DirectoryError, match="a password has at"):
        credentials.set_password(user=a_user(), password=password, actor=SYSTEM)


def test_a_password_is_not_the_address(settings: Settings) -> None:
    settings.MAIL_PASSWORD_LENGTH = 5
    alice = a_user("alice")
    for password in ("Alice", alice.address):
        with pytest.raises(DirectoryError, match="is not the address"):
            credentials.set_password(user=alice, password=password, actor=SYSTEM)


@pytest.mark.parametrize("verifier", ["", "secret", "{PLAIN}secret", "{NO}x"])
def test_what_is_no_verifier_is_not_imported(verifier: str) -> None:
    with pytest.raises(DirectoryError, match="SHA512-CRYPT"):
        credentials.import_password(user=a_user(), verifier=verifier, actor=SYSTEM)


def test_a_user_has_one_password() -> None:
    alice = a_user(password=SECRET)
    credentials.set_password(user=alice, password=SECRET + "2", actor=SYSTEM)
    kept = Credential.objects.get(user=alice)
    with pytest.raises(IntegrityError):
        Credential.objects.create(user=alice, kind="password", scheme=kept.scheme, verifier=kept.verifier)


def test_app_passwords_keep_scram_keys_from_the_start() -> None:
    alice = a_user()
    first, second = (
        Credential.objects.get(id=made.credential_id)
        for made in (
            credentials.add_app_password(user=alice, label=x, actor=SYSTEM) for x in ("phone", "tablet")
        )
    )
    assert first.scram is not None
    assert second.scram is not None
    assert set(first.scram) == {"SCRAM-SHA-256", "SCRAM-SHA-1"}
    # A SCRAM server names the salt before it knows which of the two it talks to.
    assert first.scram["SCRAM-SHA-256"]["salt"] == second.scram["SCRAM-SHA-256"]["salt"]
    assert first.scram["SCRAM-SHA-256"]["stored_key"] != second.scram["SCRAM-SHA-256"]["stored_key"]
    assert first.scopes == ["imap", "smtp"]


def test_no_secret_is_kept_or_told() -> None:
    alice = a_user(password=SECRET)
    app_password = credentials.add_app_password(user=alice, label="phone", actor=SYSTEM).secret
    token = credentials.add_token(user=alice, label="script", scopes=["mail:read"], actor=SYSTEM).secret
    kept = json.dumps(list(Credential.objects.values("verifier", "scram", "label")))
    told = json.dumps(list(AuditEntry.objects.values("details", "target")))
    for text in (SECRET, app_password, app_password.replace("-", ""), token):
        assert text not in kept
        assert text not in told


@pytest.mark.parametrize("doors", [[], ["webmail"], ["imap", "nonsense"]])
def test_an_app_password_is_for_mail_programs(doors: list[str]) -> None:
    with pytest.raises(DirectoryError, match="imap, smtp"):
        credentials.add_app_password(user=a_user(), label="x", doors=doors, actor=SYSTEM)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["mail:read", "nonsense"]])
def test_a_token_has_scopes_there_are(scopes: list[str]) -> None:
    with pytest.raises(DirectoryError, match="mail:read"):
        credentials.add_token(user=a_user(), label="x", scopes=scopes, actor=SYSTEM)


def test_a_network_is_one() -> None:
    with pytest.raises(DirectoryError, match="not a network"):
        credentials.add_app_password(user=a_user(), label="x", networks=["192.0.2.1/24"], actor=SYSTEM)


def test_withdrawing_is_told_once() -> None:
    made = credentials.add_app_password(user=a_user(), label="phone", actor=SYSTEM)
    credential = Credential.objects.get(id=made.credential_id)
    again = Credential.objects.get(id=made.credential_id)
    credentials.remove_credential(credential=credential, actor=SYSTEM)
    again.id = made.credential_id
    credentials.remove_credential(credential=again, actor=SYSTEM)
    told = AuditEntry.objects.filter(action__startswith="app_password").values_list("action", flat=True)
    assert sorted(told) == ["app_password.add", "app_password.remove"]


def test_the_database_keeps_scram_keys_to_app_passwords() -> None:
    with pytest.raises(IntegrityError):
        Credential.objects.create(user=a_user(), kind="app_password", scheme="x", verifier="x")


def test_ended_sessions_are_told() -> None:
    alice = a_user()
    one, two = (Session.objects.create(user=alice, door=door) for door in ("imap", "smtp"))
    sessions.end_session(session=one, actor=SYSTEM)
    sessions.end_session(session=one, actor=SYSTEM)
    assert sessions.end_sessions(user_id=alice.id, actor=SYSTEM) == 1
    assert sessions.end_sessions(user_id=alice.id, actor=SYSTEM) == 0
    told = AuditEntry.objects.filter(action="session.end").order_by("id")
    assert [entry.details for entry in told] == [{"sessions": [str(one.id)]}, {"sessions": [str(two.id)]}]
