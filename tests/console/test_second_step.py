"""Second factors as administrators see them: whose, who has none, and taken from who lost them."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.factors import factors_of
from apps.accounts.models import Session, User
from apps.accounts.services import totp
from apps.domains.models import Domain
from apps.events.models import AuditEntry
from tests.accounts.signing import with_passkey, with_totp
from tests.console.browser import browser
from tests.factories import a_role, a_user

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_second_step_of_who_lost_it_is_reset(page: Client, domain: Domain, boss: User) -> None:
    alice = a_user("alice", domain=domain)
    where = f"/console/users/{alice.id}"
    assert "second-step/reset" not in text(page.get(f"{where}/"))
    with_totp(alice)
    with_passkey(alice, label="Blue key")
    session = Session.objects.create(user=alice, door="webmail")
    shown = text(page.get(f"{where}/"))
    assert "Blue key" in shown
    assert "10 codes are left." in shown
    assert "not by mail" in text(page.get(f"{where}/second-step/reset"))
    page.post(f"{where}/second-step/reset")
    assert factors_of(alice.id) == ()
    session.refresh_from_db()
    assert session.ended_at is not None
    entry = AuditEntry.objects.get(action="second_factor.reset", target_id=str(alice.id))
    assert (entry.actor, entry.details["passkeys"]) == (boss.address, 1)
    page.post(f"{where}/second-step/reset")
    assert AuditEntry.objects.filter(action="second_factor.reset", target_id=str(alice.id)).count() == 1


def test_whom_the_password_alone_lets_in_is_listed(page: Client, domain: Domain) -> None:
    with_totp(a_user("alice", domain=domain))
    with_passkey(a_user("carol", domain=domain))
    totp.start(user=a_user("bob", domain=domain))
    shown = text(page.get("/console/users/?state=password"))
    assert (f"bob@{domain.name}</a>" in shown, f"boss@{domain.name}</a>" in shown) == (True, True)
    assert f"alice@{domain.name}</a>" not in shown
    assert f"carol@{domain.name}</a>" not in shown
    support = a_user("support", domain=domain)
    a_role(support, "support", domain=domain)
    assert "Without a second step" not in text(browser(support).get("/console/users/"))
    assert browser(support).get("/console/users/?state=password").status_code == 403


def test_nobody_resets_ones_own_or_someone_strongers(page: Client, domain: Domain, boss: User) -> None:
    with_totp(boss)
    weak = a_user("weak", domain=domain)
    a_role(weak, "domain_admin", domain=domain)
    support = a_user("support", domain=domain)
    a_role(support, "support", domain=domain)
    assert "second-step/reset" not in text(page.get(f"/console/users/{boss.id}/"))
    assert page.post(f"/console/users/{boss.id}/second-step/reset").status_code == 403
    assert browser(weak).post(f"/console/users/{boss.id}/second-step/reset").status_code == 403
    assert browser(support).post(f"/console/users/{boss.id}/second-step/reset").status_code == 404
    assert "Second step" not in text(browser(support).get(f"/console/users/{boss.id}/"))
    assert factors_of(boss.id)
