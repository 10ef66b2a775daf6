"""How the scanner is: asked each hour, told once when it falls silent or its signatures grow old, and once when all is well."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.console import health
from apps.events.models import AuditEntry
from apps.spam.antivirus import watching
from apps.spam.antivirus.queries import scanner
from apps.spam.models import Scanner
from tests.clamd import answering

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FRESH = b"ClamAV 1.4.6/27824/Mon Nov 23 08:36:12 2026\0"
OLD = b"ClamAV 1.4.6/27000/Mon Nov 16 08:36:12 2026\0"


assert health, "the web process tells Prometheus"


def look(settings: Any, said: bytes, now: dt.datetime = NOW) -> str:
    with answering(said) as place:
        settings.MAIL_CLAMD = place
        Scanner.objects.update(place=place)  # It is the same, whatever its port.
        return watching.watch(now=now)


def test_it_works(settings: Any) -> None:
    assert look(settings, FRESH) == ""
    stands = scanner()
    assert stands is not None
    assert (stands.state, stands.engine, stands.signatures) == ("well", "1.4.6", "27824")
    assert AuditEntry.objects.filter(action__startswith="antivirus").count() == 0


def test_old_signatures_are_told_once_and_their_end_once(settings: Any) -> None:
    assert look(settings, FRESH) == ""
    assert look(settings, OLD) == "old"
    assert look(settings, OLD, NOW + dt.timedelta(hours=1)) == ""
    stands = scanner()
    assert stands is not None
    assert (stands.state, stands.since, stands.looked_at) == ("old", NOW, NOW + dt.timedelta(hours=1))
    assert look(settings, FRESH) == "well"
    assert look(settings, FRESH) == ""
    actions = list(
        AuditEntry.objects.filter(action__startswith="antivirus.")
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert actions == ["antivirus.old", "antivirus.well"]


def test_silence_is_told_and_signatures_are_remembered(settings: Any) -> None:
    look(settings, FRESH)
    assert look(settings, b"nonsense\0") == "silent"
    assert look(settings, b"nonsense\0") == ""
    stands = scanner()
    assert stands is not None
    assert stands.signatures == "27824"
    assert REGISTRY.get_sample_value("mail_antivirus_works") == 0
    assert look(settings, OLD) == "old"


def test_signatures_without_a_date_are_not_old(settings: Any) -> None:
    assert look(settings, b"ClamAV 1.4.6\0") == ""
    assert REGISTRY.get_sample_value("mail_antivirus_signatures_age_seconds") is None


def test_prometheus_is_told(settings: Any) -> None:
    look(settings, FRESH)
    assert REGISTRY.get_sample_value("mail_antivirus_works") == 1
    age = REGISTRY.get_sample_value("mail_antivirus_signatures_age_seconds")
    assert age is not None
    made_at = dt.datetime(2026, 11, 23, 8, 36, 12, tzinfo=dt.UTC)
    assert abs(age - (timezone.now() - made_at).total_seconds()) < 60


def test_without_a_scanner_there_is_nothing_to_tell(settings: Any) -> None:
    look(settings, FRESH)
    settings.MAIL_CLAMD = ""
    assert watching.watch(now=NOW) == ""
    assert not Scanner.objects.exists()
    assert scanner() is None
