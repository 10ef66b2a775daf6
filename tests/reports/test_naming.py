"""The names of those who send in our name, looked up once in a while."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.domains.resolver import Resolver
from apps.reports.models import SourceName
from apps.reports.naming import STALE, look_up
from tests.dns_server import SERVFAIL, Zone, serving
from tests.factories import a_domain
from tests.reports.samples import some_reports

pytestmark = pytest.mark.django_db
ZONE = """
25.113.0.203.in-addr.arpa PTR mail.service.example.
10.2.0.192.in-addr.arpa PTR MX.Example.Test.
"""


def test_it_works() -> None:
    some_reports(a_domain(), days=1)
    SourceName.objects.all().delete()
    now = timezone.now()
    with serving(Zone(ZONE, {"99.100.51.198.in-addr.arpa": SERVFAIL})) as server:
        assert look_up(lambda: True, now=now, resolver=Resolver([server])) == 4
        # What DNS did not answer is asked again, what it said is remembered.
        assert look_up(lambda: True, now=now, resolver=Resolver([server])) == 0
        later = now + STALE + dt.timedelta(hours=1)
        assert look_up(lambda: False, now=later, resolver=Resolver([server])) == 0
        assert look_up(lambda: True, now=later, resolver=Resolver([server])) == 4
    names = dict(SourceName.objects.values_list("address", "name"))
    assert names["203.0.113.25"] == "mail.service.example"
    assert names["192.0.2.10"] == "mx.example.test"
    assert names["2001:db8::25"] == ""
