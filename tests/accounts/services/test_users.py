"""People: made in a domain we serve, changed, kept out."""

import pytest

from apps.accounts.models import Session
from apps.accounts.services import sessions, users
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from tests.factories import a_domain, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def test_it_works() -> None:
    domain = a_domain()
    alice = users.create_user(address=f"Alice@{domain.name.upper()}", name="Alice", actor=SYSTEM)
    assert alice.address == f"alice@{domain.name}"
    assert (alice.domain, alice.organisation) == (domain, domain.organisation)
    assert users.find_user(f"ALICE@{domain.name}") == alice


def test_an_address_is_one_users() -> None:
    alice = a_user("alice")
    with pytest.raises(AlreadyExistsError):
        users.create_user(address=alice.address.upper(), actor=SYSTEM)


def test_nobody_signs_in_with_an_address_elsewhere() -> None:
    with pytest.raises(NotFoundError, match=r"elsewhere\.example is not a domain we serve"):
        users.create_user(address="alice@elsewhere.example", actor=SYSTEM)


@pytest.mark.parametrize("address", ["", "alice", "@example.test", "a@b@c", "a\0@example.test"])
def test_what_is_no_address_is_no_users(address: str) -> None:
    with pytest.raises(DirectoryError):
        users.create_user(address=address, actor=SYSTEM)
    with pytest.raises(NotFoundError):
        users.find_user(address)


def test_whoever_is_disabled_has_no_session_left() -> None:
    alice = a_user("alice")
    session = Session.objects.create(user=alice, door="imap")
    assert sessions.still_live([session.id]) == {session.id}
    for _ in range(2):
        users.disable_user(user=alice, actor=SYSTEM)
    assert sessions.still_live([session.id]) == set()
    for _ in range(2):
        users.enable_user(user=alice, actor=SYSTEM)
    # Ended stays ended.
    assert sessions.still_live([session.id]) == set()
    told = AuditEntry.objects.filter(target_kind="user").order_by("id").values_list("action", flat=True)
    assert list(told) == ["user.create", "user.disable", "user.enable"]


def test_only_what_changed_is_told() -> None:
    alice = a_user("alice")
    users.change_user(user=alice, name="Alice", language="en", actor=SYSTEM)
    users.change_user(user=alice, name="Alice", actor=SYSTEM)
    alice.refresh_from_db()
    assert (alice.name, alice.language) == ("Alice", "en")
    (entry,) = AuditEntry.objects.filter(action="user.change")
    assert entry.details == {"name": "Alice"}
