"""Message trace: found by what people know, told within what a role reaches."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.console.tracing import lay_out, read
from apps.domains.models import Domain
from apps.events.queries import Outcome, story
from apps.events.trace import Event, Kind, keys_of, record
from apps.events.transactions import perform
from tests.console.browser import browser
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def page(domain: Domain) -> Client:
    boss: User = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    return browser(boss)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def a_message(*recipients: str, sender: str = "bob@far.example", **more: Any) -> uuid.UUID:
    trace_id = uuid.uuid4()
    detail = {"origin": "mx", "sender": sender, "recipients": list(recipients), "size": 2048, **more}
    keys = keys_of(
        message_id=more.get("message_id", ""), hosts=[more.get("peer", "")], addresses=[sender, *recipients]
    )
    perform(record([Event(trace_id, Kind.ACCEPTED, 1, detail, keys)]))
    return trace_id


def then(trace_id: uuid.UUID, kind: Kind, **detail: Any) -> None:
    perform(record([Event(trace_id, kind, 1, detail)]))


def test_it_works(page: Client, domain: Domain) -> None:
    alice = f"alice@{domain.name}"
    trace_id = a_message(alice, message_id=f"<one@{domain.name}>", peer="203.0.113.9", helo="mx.far.example")
    then(trace_id, Kind.FILED, recipient=alice, mailbox_id=7, folder="INBOX", uid=3)
    where = f"/console/trace/{trace_id}/"
    for query in (
        alice,
        domain.name,
        f"@{domain.name}",
        f"<one@{domain.name}>",
        f"to:{alice} from:bob@far.example",
        str(trace_id),
        trace_id.hex,
        f"203.0.113.9 {alice}",
    ):
        assert where in text(page.get("/console/trace/", {"q": query})), query
    assert where not in text(page.get("/console/trace/", {"q": f"from:{alice}"}))
    shown = text(page.get(where))
    assert "Accepted from another server (203.0.113.9, mx.far.example)" in shown
    assert f"Filed for {alice} in INBOX, uid 3." in shown
    page.cookies["zone"] = "Asia/Kolkata"
    assert "+05:30" in text(page.get(where))


def test_every_step_says_who_said_what(page: Client, domain: Domain) -> None:
    trace_id = a_message("x@far.example", "y@far.example", sender=f"alice@{domain.name}", origin="submission")
    then(trace_id, Kind.DEFERRED, recipient="x@far.example", host="mx.far.example[198.51.100.9]:25",
         reply="451 4.7.1 Greylisted", next_attempt="2026-11-24T15:00:00+00:00")  # fmt: skip
    then(trace_id, Kind.FAILED, recipient="y@far.example", host="mx.far.example[198.51.100.9]:25",
         reply="550 5.1.1 No such user <here>")  # fmt: skip
    shown = text(page.get(f"/console/trace/{trace_id}/"))
    assert "451 4.7.1 Greylisted" in shown
    assert "next attempt at 2026-11-24 15:00 UTC" in shown
    assert "No such user &lt;here&gt;" in shown
    assert shown.index("deferred") < shown.index("failed")


def test_found_by_outcome(page: Client, domain: Domain) -> None:
    alice = f"alice@{domain.name}"
    fine, bad = a_message(alice), a_message("x@far.example", sender=alice)
    then(fine, Kind.FILED, recipient=alice, folder="INBOX", uid=1)
    then(bad, Kind.FAILED, recipient="x@far.example", reply="550 no")
    # Mail from outside about which only its own recipient may learn.
    for outcome, has_fine in (("delivered", True), ("failed", False), ("nonsense", True)):
        shown = text(page.get(f"/console/trace/?outcome={outcome}"))
        assert (str(fine) in shown) is has_fine, outcome


def test_what_is_no_time_is_said(page: Client) -> None:
    assert "is no time" in text(page.get("/console/trace/?from=soon"))


def test_times_are_in_the_zone_they_were_written_in() -> None:
    now = timezone.now()
    asked = read({"from": "2026-11-24T14:00", "until": "2026-11-24T15:00", "zone": "Europe/Berlin"}, now=now)
    assert asked.search.since is not None
    assert asked.search.until is not None
    assert (asked.search.since.isoformat(), asked.search.until.hour) == ("2026-11-24T13:00:00+00:00", 14)
    for zone in ("Nowhere/At/All", "../../etc/passwd", "\0", ""):
        assert read({"from": "2026-11-24T14:00", "zone": zone}, now=now).search.since.hour == 14  # type: ignore[union-attr]
    assert read({"time": "hour", "outcome": "held"}, now=now).search.since == now - timedelta(hours=1)
    assert read({"outcome": "held"}, now=now).search.outcome == Outcome.HELD


def test_mallory_sees_nothing(domain: Domain) -> None:
    alice = f"alice@{domain.name}"
    trace_id = a_message(alice)
    mallory = a_user("mallory")
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    client = browser(mallory)
    assert client.get(f"/console/trace/{trace_id}/").status_code == 404
    for query in (alice, str(trace_id), domain.name):
        shown = client.get("/console/trace/", {"q": query, "time": "ever"})
        assert not shown.context["lines"]


def test_a_colleague_of_another_house_stays_unnamed(page: Client, domain: Domain) -> None:
    trace_id = a_message(f"alice@{domain.name}", "mallory@other.example")
    then(trace_id, Kind.FILED, recipient="mallory@other.example", folder="Secret", uid=1)
    shown = text(page.get(f"/console/trace/{trace_id}/")) + text(page.get("/console/trace/"))
    assert "mallory@" not in shown
    assert "Secret" not in shown


def test_pages_follow_each_other(page: Client, domain: Domain) -> None:
    made = [a_message(f"a{number}@{domain.name}") for number in range(53)]
    first = page.get("/console/trace/")
    second = page.get(f"/console/trace/{first.context['next_query']}")
    seen = [line.trace_id for answer in (first, second) for line in answer.context["lines"]]
    assert (seen, second.context["next_query"]) == (made[::-1], "")
    assert page.get("/console/trace/?after=x").status_code == 404


def test_many_cost_as_much_as_one(page: Client, domain: Domain) -> None:
    a_message(f"a@{domain.name}")
    with CaptureQueriesContext(connection) as few:
        page.get("/console/trace/")
    for number in range(5):
        then(a_message(f"a{number}@{domain.name}"), Kind.FILED, recipient=f"a{number}@{domain.name}")
    with CaptureQueriesContext(connection) as many:
        page.get("/console/trace/")
    assert len(many) == len(few) <= 8


def test_a_story_of_an_unknown_kind_is_told_as_it_is() -> None:
    trace_id = a_message("a@b.example")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_messageevent (trace_id, kind, detail) VALUES (%s, 'weighed', '{\"grams\": 3}')",
            [trace_id],
        )
    told = story(trace_id, scope=None)
    assert told is not None
    assert lay_out(told).steps[-1].look == "off"
    assert ("grams", "3") in lay_out(told).steps[-1].facts
