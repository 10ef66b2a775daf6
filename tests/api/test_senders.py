"""Who sends in a domain's name, and the reports that say so."""

import pytest

from tests.api.asking import Api
from tests.api.test_operation import staff
from tests.factories import a_domain
from tests.reports.samples import some_reports

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    domain = a_domain()
    some_reports(domain)
    api = Api(staff("auditor", domain))
    items = api.get(f"domains/{domain.id}/senders?days=90")["items"]
    kinds = {item["address"]: item["kind"] for item in items}
    assert kinds == {
        "192.0.2.10": "good",
        "2001:db8::25": "lame",
        "198.51.100.7": "forwarder",
        "203.0.113.25": "service",
        "198.51.100.99": "stranger",
    }
    assert items[0]["authenticated_as"] == ["mailer.example"]
    page = api.get(f"domains/{domain.id}/reports?limit=5")
    assert (len(page["items"]), page["items"][0]["kind"]) == (5, "dmarc")
    assert page["next_cursor"]


def test_troubles_and_complaints() -> None:
    domain = a_domain()
    some_reports(domain)
    api = Api(staff("auditor", domain))
    found = api.get(f"domains/{domain.id}/tls?days=90")
    assert (found["well"], found["failed"]) == (120, 7)
    assert found["items"][0]["result"] == "certificate-expired"
    page = api.get(f"domains/{domain.id}/complaints?limit=1")
    assert page["items"][0]["kind"] == "abuse"
    assert page["items"][0]["subject"]
