"""What we see is counted by what is alike, never a row a message."""

import datetime as dt
from dataclasses import replace

import pytest

from apps.events.transactions import perform
from apps.protocols.mailauth.tls_sessions import PolicyKind, TlsResult, TlsSession
from apps.reports.models import Observation, TlsObservation
from apps.reports.noting import Notebook, house
from apps.reports.seen import Seen, TlsSeen, session_of
from tests.factories import a_domain, an_organisation

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 23)
SEEN = Seen("far.example", "192.0.2.1", "none", "pass", "fail", "far.example", "far.example")


def test_it_works() -> None:
    organisation, other = an_organisation().id, an_organisation().id
    book = Notebook()
    for _ in range(3):
        book.note([organisation, organisation], SEEN, DAY)
    book.note([organisation, other], replace(SEEN, source="192.0.2.2"), DAY)
    book.note([organisation], TlsSeen("far.example", "sts", "certificate-expired"), DAY)
    assert perform(book.written()) == 4
    book.note([organisation], SEEN, DAY)
    assert perform(book.written()) == 1
    rows = Observation.objects.filter(organisation_id=organisation).order_by("-count")
    assert [(row.count, row.row["source"]) for row in rows] == [(4, "192.0.2.1"), (1, "192.0.2.2")]
    assert Observation.objects.get(organisation_id=other).count == 1
    assert TlsObservation.objects.get(organisation_id=organisation).row["result"] == "certificate-expired"
    assert perform(book.written()) == 0


def test_a_new_name_each_time_fills_nothing() -> None:
    organisation = an_organisation().id
    book = Notebook(most=10)
    for number in range(50):
        book.note([organisation], replace(SEEN, envelope_from=f"{number}.example"), DAY)
    book.note([organisation], replace(SEEN, envelope_from="1.example"), DAY)
    assert len(book) == 10
    assert perform(book.written()) == 10


def test_what_is_too_long_is_cut_and_counted_together() -> None:
    organisation = an_organisation().id
    book = Notebook()
    for end in ("a", "b\0\ud800"):
        book.note([organisation], replace(SEEN, envelope_from="x" * 300 + end), DAY)
    perform(book.written())
    assert Observation.objects.get(organisation_id=organisation).count == 2


def test_an_organisation_that_is_gone_is_passed_over() -> None:
    book = Notebook()
    book.note([2**40], SEEN, DAY)
    assert perform(book.written()) == 1
    assert not Observation.objects.filter(organisation_id=2**40).exists()


def test_a_session_goes_on_the_account_of_the_servers_domain() -> None:
    other, domain = a_domain(), a_domain()
    assert perform(house(f"mx.{domain.name}")) == domain.organisation_id
    assert perform(house(domain.name)) == domain.organisation_id
    assert perform(house("mx.nowhere.example")) is not None
    well = TlsSession(
        "far.example", PolicyKind.MTA_STS, ("version: STSv1",), host="mx.far.example", address="192.0.2.1"
    )
    book = Notebook()
    for session in (
        well,
        replace(well, address="192.0.2.2"),
        replace(well, result=TlsResult.EXPIRED, reason="late"),
    ):
        book.note([0], session_of(session), DAY)
    assert perform(book.written(instead=other.organisation_id)) == 2
    rows = TlsObservation.objects.filter(organisation_id=other.organisation_id).order_by("count")
    assert [(row.count, row.row.get("host", "")) for row in rows] == [(1, "mx.far.example"), (2, "")]
    assert rows[0].row["information"] == "late"
