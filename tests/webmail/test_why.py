"""Why is this here? What alice is told of how her mail was judged, and what mallory is not."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.spam.models import Judgement
from tests.factories import a_user

from .mail import Filed, an_email, file, signed_in

pytestmark = pytest.mark.django_db


def judged(filed: Filed, **said: object) -> Judgement:
    fields = {
        "mailbox_id": filed.mailbox.pk,
        "judged_at": timezone.now(),
        "id": 1,
        "organisation_id": filed.mailbox.domain.organisation_id,
        "trace_id": uuid.uuid4(),
        "content_id": filed.content_id,
        "sender": "mallory@elsewhere.example",
        "subject": "Hello",
        "score": 5.5,
        "probability": 0.9959,
        "action": "junk",
        "sort": "phishing",
        "reason": "score",
        "detail": {
            "threshold": {"at": 4.0, "origin": "domain"},
            "changes": [{"kind": "symbol", "what": "DMARC_FAIL", "by": 1.5, "action": "tag"}],
        },
        "symbols": [
            ["DMARC_FAIL", 1.5, "authentication", "bank.example", "phishing"],
            ["A_RULE_OF_LONG_AGO", 4.5, "rule", "<b>act now</b>", "spam"],
            ["SENDER_LIKED", -0.5, "reputation", "", "spam"],
            ["FIRST_TIME_SENDER", 0.0, "reputation", "", "spam"],
        ],
        "missing": [["antivirus", "no answer"]],
    }
    return Judgement.objects.create(**(fields | said))


def page(filed: Filed) -> str:
    response = signed_in(filed.mailbox.owner).get(filed.url("why"))
    assert response.status_code == 200
    return response.content.decode()


def test_alice_is_told_what_speaks_for_and_against_a_message() -> None:
    filed = file(an_email("Give me your password").as_bytes())
    judged(filed)
    html = page(filed)
    assert "It was put into the folder for junk." in html
    assert "It is not from the domain that it names (DMARC)." in html
    assert "You keep mail from this sender." in html
    assert "Without this it would have come to the inbox, with a note in its header" in html
    assert "the domain&#x27;s line is at 4" in html
    assert "Not everything could be asked:" in html
    assert "antivirus" in html


def test_what_a_stranger_wrote_is_text() -> None:
    filed = file(an_email("x").as_bytes())
    judged(filed)
    html = page(filed)
    assert "&lt;b&gt;act now&lt;/b&gt;" in html
    assert "A_RULE_OF_LONG_AGO" in html


def test_a_list_that_decided_is_named() -> None:
    filed = file(an_email("x").as_bytes())
    entry = {"effect": "allow", "subject": "address", "pattern": "bob@friend.example", "level": "user"}
    judged(filed, action="inbox", reason="allowed", detail={"allowed_by": entry})
    assert "bob@friend.example" in page(filed)


def test_nobody_judged_it() -> None:
    assert "Nobody judged this message" in page(file(an_email("x").as_bytes()))


def test_mallory_is_told_nothing() -> None:
    filed = file(an_email("x").as_bytes())
    judged(filed)
    assert signed_in(a_user("mallory")).get(filed.url("why")).status_code == 404


def test_it_asks_little() -> None:
    filed = file(an_email("x").as_bytes())
    judged(filed)
    client = signed_in(filed.mailbox.owner)
    client.get(filed.url("why"))
    with CaptureQueriesContext(connection) as captured:
        client.get(filed.url("why"))
    assert len([each for each in captured if "spam_" in each["sql"]]) == 2


def test_phishing_has_a_red_banner() -> None:
    filed = file(an_email("Give me your password").as_bytes())
    client = signed_in(filed.mailbox.owner)
    assert "This looks like phishing" not in client.get(filed.url("card")).content.decode()
    judged(filed)
    assert "This looks like phishing" in client.get(filed.url("card")).content.decode()
