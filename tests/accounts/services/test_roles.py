"""Roles stand where their kind stands, and in their user's own organisation."""

import pytest
from django.db import IntegrityError

from apps.accounts.models import Role
from apps.accounts.services.roles import revoke_role
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError, DirectoryError
from tests.factories import a_domain, a_role, a_user, an_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def test_it_works() -> None:
    alice = a_user()
    role = a_role(alice, "domain_admin", domain=alice.domain)
    assert list(alice.roles.all()) == [role]
    with pytest.raises(AlreadyExistsError):
        a_role(alice, "domain_admin", domain=alice.domain)
    again = Role.objects.get(id=role.id)
    revoke_role(role=role, actor=SYSTEM)
    revoke_role(role=again, actor=SYSTEM)
    told = AuditEntry.objects.filter(action__startswith="role.").order_by("id")
    assert [(entry.action, entry.details["role"], entry.details["in"]) for entry in told] == [
        ("role.grant", "domain_admin", alice.domain.name),
        ("role.revoke", "domain_admin", alice.domain.name),
    ]


def test_each_kind_has_its_place() -> None:
    alice = a_user()
    for kind in ("superadmin", "organisation_admin"):
        with pytest.raises(DirectoryError, match="stands in an organisation"):
            a_role(alice, kind, domain=alice.domain)
    with pytest.raises(DirectoryError, match="stands in a domain"):
        a_role(alice, "domain_admin", organisation=alice.organisation)
    with pytest.raises(DirectoryError, match="in an organisation or in a domain"):
        a_role(alice, "support")
    with pytest.raises(DirectoryError, match="in an organisation or in a domain"):
        a_role(alice, "support", organisation=alice.organisation, domain=alice.domain)


def test_nobody_gets_a_role_in_another_organisation() -> None:
    mallory = a_user("mallory")
    for place in ({"organisation": an_organisation()}, {"domain": a_domain()}):
        with pytest.raises(DirectoryError, match="another organisation"):
            a_role(mallory, "support", **place)


def test_the_database_says_so_too() -> None:
    alice = a_user()
    with pytest.raises(IntegrityError):
        Role.objects.create(user=alice, kind="superadmin", domain=alice.domain)
