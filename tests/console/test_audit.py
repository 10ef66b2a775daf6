"""The console's audit log: what was done, by whom, and what it was before."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.services import users
from apps.console.auditing import ACTIONS, show
from apps.domains.models import Domain
from apps.events import audit
from apps.events.audit import SYSTEM, Actor
from apps.mailboxes.services import change_alias, set_quota
from tests.console.browser import browser
from tests.factories import a_mailbox, a_role, a_user, an_alias

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def words(answer: Any) -> list[tuple[str, str]]:
    return [(one.entry.action, one.entry.target) for one in answer.context["entries"]]


def test_it_works(page: Client, boss: User, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    by = Actor(boss.address, boss.id, "203.0.113.9")
    set_quota(mailbox=mailbox, quota_bytes=2 * 1024**3, actor=by)
    answer = page.get("/console/audit/")
    assert words(answer)[0] == ("mailbox.quota", str(mailbox))
    shown = text(answer)
    assert "Limit of a mailbox changed" in shown
    assert "from 203.0.113.9" in shown
    assert answer.context["entries"][0].after == "2.0\xa0GB"


def test_before_and_after_stand_side_by_side(page: Client, domain: Domain) -> None:
    alias = an_alias("sales", "a@far.example", "b@far.example", domain=domain)
    change_alias(alias=alias, targets=["c@far.example"], actor=SYSTEM)
    one = page.get("/console/audit/").context["entries"][0]
    assert (one.before, one.after) == ("a@far.example\nb@far.example", "c@far.example")
    assert "a@far.example<br>b@far.example" in text(page.get("/console/audit/"))


def test_found_by_who_what_whom_and_when(page: Client, boss: User, domain: Domain) -> None:
    alice = a_user("alice", domain=domain)
    users.change_user(user=alice, name="Alice", actor=Actor(boss.address, boss.id))
    for query, found in (
        ({"q": "alice"}, True),
        ({"q": boss.address}, True),
        ({"q": "nobody"}, False),
        ({"action": "user.change"}, True),
        ({"action": "user.delete"}, False),
        ({"actor": boss.address}, True),
        ({"actor": "boss"}, False),
        ({"target_kind": "user", "target_id": str(alice.id)}, True),
        ({"target_kind": "mailbox"}, False),
        ({"time": "day"}, True),
    ):
        answer = page.get("/console/audit/", query)
        assert (("user.change", alice.address) in words(answer)) is found, query
    assert "No match" in text(page.get("/console/audit/?q=nobody"))
    assert "Only what was done to" in text(page.get(f"/console/audit/?target_kind=user&target_id={alice.id}"))


def test_other_peoples_entries_are_in_no_list(page: Client, domain: Domain) -> None:
    mallory = a_user("mallory")
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    a_mailbox("alice", domain=domain)
    assert mallory.address not in text(page.get("/console/audit/"))
    assert domain.name not in text(browser(mallory).get("/console/audit/"))
    assert not browser(mallory).get(f"/console/audit/?q={domain.name}").context["entries"]


def test_many_cost_as_much_as_one(page: Client, domain: Domain) -> None:
    with CaptureQueriesContext(connection) as few:
        page.get("/console/audit/")
    for number in range(60):
        an_alias(f"a{number}", "x@far.example", domain=domain)
    with CaptureQueriesContext(connection) as many:
        first = page.get("/console/audit/")
    assert len(many) == len(few) <= 5
    second = page.get(f"/console/audit/{first.context['page'].next_query}")
    ids = [one.entry.id for answer in (first, second) for one in answer.context["entries"]]
    assert len(ids) == len(set(ids)) > 60
    assert ids == sorted(ids, reverse=True)


def test_every_action_there_is_has_a_word() -> None:
    known = {action for _name, actions in ACTIONS.values() for action in actions}
    source = "".join(path.read_text() for path in (ROOT / "apps").rglob("*.py"))
    made = set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', source))
    assert len(made) > 20
    assert made <= known


@pytest.mark.parametrize(
    "details", [{"grams": [1, {"a": None}]}, {"before": 1}, {"on": True}, {"name": "<b>"}]
)
def test_whatever_an_entry_holds_is_shown(page: Client, domain: Domain, details: dict[str, Any]) -> None:
    target = audit.Target("thing", "x<y", "a <thing>", domain.organisation_id)
    entry = audit.record(actor=SYSTEM, action="thing.weigh", target=target, details=details)
    assert show(entry).word == "thing.weigh"
    assert all(text not in {"", "\u2013"} for _name, text in show(entry).facts)
    shown = text(page.get("/console/audit/"))
    assert "a &lt;thing&gt;" in shown
    assert "<b>" not in shown
