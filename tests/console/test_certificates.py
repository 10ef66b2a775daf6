"""The console's page about certificates: what each is, what is wrong, what is done about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.domains.acme import wishes
from apps.domains.models import Certificate
from apps.events.models import AuditEntry
from tests.certificates import Issued, issue
from tests.console.browser import browser
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Client:
    root = a_user("root")
    a_role(root, "superadmin", organisation=root.organisation)
    return browser(root)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def upload(page: Client, given: Issued, key: bytes | None = None) -> Any:
    return page.post(
        "/console/certificates/add",
        {
            "chain": SimpleUploadedFile("chain.pem", given.pem),
            "key": SimpleUploadedFile("key.pem", given.key_pem if key is None else key),
        },
    )


def asked_for(name: str) -> Certificate:
    now = timezone.now()
    return Certificate.objects.create(
        source="acme", names=[name], wanted=[name], made_at=now, changed_at=now, last_error="they are away"
    )


def test_it_works(page: Client) -> None:
    shown = text(page.get("/console/certificates/"))
    assert "server.pem" in shown
    assert "No certificate by name" in shown
    a_domain("certs.example.test")
    assert upload(page, issue("mail.certs.example.test")).status_code == 302
    shown = text(page.get("/console/certificates/"))
    assert "mail.certs.example.test" in shown
    assert "holds" in shown
    assert "PRIVATE" not in shown
    assert AuditEntry.objects.latest("id").action == "certificate.add"


def test_what_does_not_fit_is_told(page: Client) -> None:
    answer = upload(page, issue("mail.certs.example.test"), issue("other.example").key_pem)
    assert answer.status_code == 422
    assert "The key is not the certificate" in text(answer)
    answer = upload(page, issue("mail.certs.example.test"), b"x" * 300_000)
    assert "larger than 256 KB" in text(answer)
    assert not Certificate.objects.exists()


def test_what_is_wrong_is_said_with_its_reason(page: Client) -> None:
    upload(page, issue("mail.elsewhere.example"))
    broken = issue("mail.broken.example")
    upload(page, broken)
    Certificate.objects.filter(names=["mail.broken.example"]).update(chain="half")
    shown = text(page.get("/console/certificates/"))
    for words in ("of no name of ours", "not usable", "cannot be read"):
        assert words in shown
    assert "certificate does not hold" not in text(page.get("/console/"))
    Certificate.objects.update(not_after=timezone.now())
    asked_for("mail.certs.example.test")
    shown = text(page.get("/console/"))
    assert "2 certificates do not hold" in shown
    assert "1 certificate could not be renewed" in shown


def test_one_is_removed(page: Client) -> None:
    upload(page, issue("mail.certs.example.test"))
    [row] = Certificate.objects.all()
    assert "Its key is deleted" in text(page.get(f"/console/certificates/{row.id}/remove"))
    assert page.post(f"/console/certificates/{row.id}/remove").status_code == 302
    assert not Certificate.objects.exists()


def test_one_is_asked_for_at_once(page: Client, settings: Any) -> None:
    settings.MAIL_ACME_DIRECTORY = "https://authority.example/dir"
    row = asked_for("mail.certs.example.test")
    Certificate.objects.update(next_try=timezone.now() + timedelta(hours=5))
    assert wishes.due(timezone.now()) == []
    shown = text(page.get("/console/certificates/"))
    assert "They are away." in shown
    assert "https://authority.example/dir" in shown
    assert page.post(f"/console/certificates/{row.id}/renew").status_code == 302
    assert wishes.due(timezone.now()) == [row.id]


def test_an_uploaded_one_is_not_asked_for(page: Client) -> None:
    upload(page, issue("mail.certs.example.test"))
    [row] = Certificate.objects.all()
    assert page.get(f"/console/certificates/{row.id}/renew").status_code == 404


def test_more_of_them_take_no_more_queries(page: Client) -> None:
    upload(page, issue("a.example.test"))
    page.get("/console/certificates/")
    with CaptureQueriesContext(connection) as one:
        page.get("/console/certificates/")
    upload(page, issue("b.example.test"))
    upload(page, issue("c.example.test"))
    page.get("/console/certificates/")
    with CaptureQueriesContext(connection) as three:
        page.get("/console/certificates/")
    assert len(one) == len(three)
