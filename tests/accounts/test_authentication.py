"""Signing in: one answer for everybody who is refused."""

import pytest

from apps.accounts.authentication import Refused, SignedIn, authenticate
from apps.accounts.doors import Door
from tests.factories import a_user

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery"


def test_it_works() -> None:
    alice = a_user("alice", password=SECRET)
    found = authenticate(alice.address.upper(), SECRET, door=Door.IMAP, peer="192.0.2.1")
    assert isinstance(found, SignedIn)
    assert (found.user_id, found.address, found.organisation_id) == (
        alice.id,
        alice.address,
        alice.organisation_id,
    )


def test_a_wrong_password_is_refused() -> None:
    alice = a_user("alice", password=SECRET)
    found = authenticate(alice.address, "wrong", door=Door.IMAP, peer="192.0.2.1")
    assert isinstance(found, Refused)
    assert found.reason == "wrong password"
