"""Tenants are made once and switched off and on; each change is told once."""

import pytest

from apps.events.audit import SYSTEM, Actor
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from apps.organisations.services import (
    create_organisation,
    disable_organisation,
    enable_organisation,
    find_organisation,
    set_quota,
)
from tests.factories import an_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def test_it_works() -> None:
    made = create_organisation(name="Example Ltd", quota_bytes=10, actor=Actor("root"))
    assert find_organisation("Example Ltd") == made
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target, entry.organisation_id) == (
        "root",
        "organisation.create",
        "Example Ltd",
        made.id,
    )


def test_a_name_is_taken_once() -> None:
    an_organisation("Example Ltd")
    with pytest.raises(AlreadyExistsError, match="Example Ltd already"):
        an_organisation("Example Ltd")
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\0b"])
def test_a_name_can_be_read(name: str) -> None:
    with pytest.raises(DirectoryError):
        create_organisation(name=name, actor=SYSTEM)


def test_nothing_is_found_under_another_name() -> None:
    with pytest.raises(NotFoundError):
        find_organisation("Nobody Ltd")


def test_a_quota_is_set_and_taken_away_and_each_is_told() -> None:
    example = an_organisation()
    for quota in (2 * 10**9, None):
        set_quota(organisation=example, quota_bytes=quota, actor=SYSTEM)
        assert find_organisation(example.name).quota_bytes == quota
    told = AuditEntry.objects.filter(action="organisation.quota").order_by("id")
    assert [entry.details for entry in told] == [
        {"before": None, "after": 2 * 10**9},
        {"before": 2 * 10**9, "after": None},
    ]
    for nonsense in (0, -1, 2**62):
        with pytest.raises(DirectoryError):
            set_quota(organisation=example, quota_bytes=nonsense, actor=SYSTEM)


def test_switching_twice_is_told_once() -> None:
    example = an_organisation()
    for _ in range(2):
        disable_organisation(organisation=example, actor=SYSTEM)
    assert not find_organisation(example.name).is_active
    for _ in range(2):
        enable_organisation(organisation=example, actor=SYSTEM)
    assert find_organisation(example.name).is_active
    told = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(told) == ["organisation.create", "organisation.disable", "organisation.enable"]
