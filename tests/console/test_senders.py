"""Who sends in our name: what others reported, told by source, with what to do about each."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.domains.models import Domain
from apps.reports.models import ReportSetting
from tests.console.browser import browser
from tests.factories import a_domain, a_role, a_user
from tests.reports.samples import some_reports

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def page(domain: Domain) -> Client:
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    return browser(boss)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(str(answer.content.decode()).split())


def test_it_works(page: Client, domain: Domain) -> None:
    some_reports(domain)
    listed = text(page.get("/console/senders/"))
    assert f'<a href="/console/senders/{domain.id}/">{domain.name}</a>' in listed
    shown = text(page.get(f"/console/senders/{domain.id}/"))
    for words in ("sends for you", "forwards", "a service?", "a stranger", "passes by half", "198.51.100.99"):
        assert words in shown
    assert "It sends as mailer.example, with your name in From." in shown
    assert "40 messages were put aside or refused." in shown
    assert "mail.service.example" in shown
    only = text(page.get(f"/console/senders/{domain.id}/?show=trouble"))
    assert "a stranger" in only
    assert "sends for you" not in only


def test_sessions_complaints_and_reports(page: Client, domain: Domain) -> None:
    some_reports(domain)
    here = f"/console/senders/{domain.id}"
    sessions = text(page.get(f"{here}/tls"))
    assert "Certificate expired" in sessions
    assert "120 sessions went well, 7 failed." in sessions
    assert "called spam" in text(page.get(f"{here}/complaints"))
    received = text(page.get(f"{here}/reports"))
    assert "big-mail.example" in received
    assert "TLS" in received


def test_nothing_yet_says_what_to_publish(page: Client, domain: Domain) -> None:
    here = f"/console/senders/{domain.id}"
    assert "no report yet" in text(page.get("/console/senders/"))
    assert f"rua=mailto:dmarc-reports@{domain.name}" in text(page.get(f"{here}/"))
    assert f"v=TLSRPTv1; rua=mailto:tlsrpt@{domain.name}" in text(page.get(f"{here}/tls"))
    for tab in ("complaints", "reports"):
        assert text(page.get(f"{here}/{tab}"))


def test_old_reports_are_beyond_the_span(page: Client, domain: Domain) -> None:
    some_reports(domain, now=timezone.now() - dt.timedelta(days=50))
    here = f"/console/senders/{domain.id}/"
    assert "a stranger" not in text(page.get(here))
    assert "a stranger" in text(page.get(f"{here}?days=90"))
    assert text(page.get(f"{here}?days=x&show=y"))


def test_many_domains_take_no_more_questions(page: Client, domain: Domain) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(page.get("/console/senders/"))
        return len(queries)

    some_reports(domain)
    few = asked()
    for _ in range(3):
        some_reports(a_domain(organisation=domain.organisation))
    assert asked() == few


def test_an_organisation_stops_and_begins_to_send_reports(page: Client, domain: Domain) -> None:
    here = f"/console/organisations/{domain.organisation_id}/"
    assert "Stop sending" in text(page.get(here))
    assert page.post(f"{here}reports").status_code in {200, 204, 302}
    assert not ReportSetting.objects.get(organisation=domain.organisation).sends
    assert "Send reports" in text(page.get(here))
    page.post(f"{here}reports")
    assert ReportSetting.objects.get(organisation=domain.organisation).sends
