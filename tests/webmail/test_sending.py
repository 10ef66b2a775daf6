"""Send, its questions and refusals, the outbox, and the plain form."""

import datetime as dt
import uuid

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from apps.mailflow.writing.checks import NotSent, Reason
from apps.protocols.mime.doubts import Doubt, Kind
from apps.webmail import forms, wording
from apps.webmail.views.compose import mailto
from tests.factories import a_mailbox

from .counting import statements
from .mail import signed_in
from .writing import Writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Writer:
    return Writer()


def test_it_is_held_and_comes_back(writer: Writer) -> None:
    revision = writer.save()["revision"]
    held = writer.send(revision=revision)
    assert held["shown"] == 10
    assert writer.shelf.subjects("Drafts") == []
    assert writer.shelf.subjects("Sent") == []
    page = writer.client.get("/mail/outbox").content.decode()
    assert "The garden" in page
    assert "Ana Roth" in page
    back = writer.ask("POST", f"/mail/outbox/{held['id']}/recall")
    assert back["draft"] == str(writer.draft)
    assert writer.ask("GET", writer.drafts)["letter"]["subject"] == "The garden"
    assert "Nothing is waiting" in writer.client.get("/mail/outbox").content.decode()


def test_send_now_leaves_nothing_to_recall(writer: Writer) -> None:
    held = writer.send()
    writer.ask("POST", f"/mail/outbox/{held['id']}/now")
    assert writer.shelf.subjects("Sent") == ["The garden"]
    assert writer.ask("POST", f"/mail/outbox/{held['id']}/recall", status=409)["code"] == "too_late"
    assert writer.ask("POST", f"/mail/outbox/{held['id']}/now", status=409)["code"] == "too_late"


def test_cancel_throws_it_away(writer: Writer) -> None:
    held = writer.send()
    assert writer.ask("POST", f"/mail/outbox/{held['id']}/cancel")["draft"] is None
    assert writer.shelf.subjects("Drafts") == []


def test_later(writer: Writer) -> None:
    at = timezone.now() + dt.timedelta(days=1)
    assert writer.send(at=at.isoformat())["scheduled"] is True
    assert "Scheduled" in writer.client.get("/mail/outbox").content.decode()
    soon = Writer()
    assert soon.send(422, at=timezone.now().isoformat())["code"] == "too_soon"
    soon.send(400, at="tomorrow")
    soon.send(400, at="2026-01-01T10:00:00")


def test_what_there_is_to_ask_is_asked_first(writer: Writer) -> None:
    asked = writer.send(sure=False, subject="", html="<p>See the attached plan.</p>")["doubts"]
    assert [each["kind"] for each in asked] == ["no_subject", "no_attachment"]
    assert asked[1]["text"] == "You wrote “attached”, but nothing is attached."
    [typo] = writer.send(sure=False, to=[{"address": "ana@gmial.com"}])["doubts"]
    assert typo["instead"] == "ana@gmail.com"
    assert "until" in writer.send(sure=True, subject="")


def test_refusals_are_worded_and_nothing_is_sent(writer: Writer) -> None:
    nobody = writer.send(422, to=[])
    assert (nobody["code"], nobody["detail"]) == (
        "no_recipients", "Say for whom it is: there is no recipient yet.",
    )  # fmt: skip
    bad = writer.send(422, to=[{"address": "no address"}, {"address": "neither"}])
    assert bad["detail"] == "These are no addresses: no address, neither"
    unknown = f"nobody@{writer.shelf.mailbox.domain.name}"
    assert writer.send(422, to=[{"address": unknown}])["about"] == [unknown]
    assert writer.send(422, author={"address": "ana@far.example"})["code"] == "sender_not_yours"
    assert writer.send(422, files=[{"id": 999_999}])["code"] == "file_gone"
    first = writer.save()["revision"]
    writer.save(first, subject="Changed")
    assert writer.send(409, revision=first)["code"] == "stale"
    with override_settings(MAIL_MAX_RECIPIENTS=1):
        many = writer.send(422, to=[{"address": "a@far.example"}, {"address": "b@far.example"}])
    assert many["detail"] == "A message may have 1 recipients. Send it in parts."


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_has_words(reason: Reason) -> None:
    for about in ((), ("5",), ("a@far.example", "b@far.example")):
        assert "%" not in wording.refusal(NotSent(reason, about))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_question_has_words(kind: Kind) -> None:
    for about in (("x",), ("x", "y")):
        assert "%" not in wording.question(Doubt(kind, about, "z"))


def test_the_plain_form(writer: Writer) -> None:
    new = writer.client.get(writer.shelf.at("compose?to=mailto:ana%40far.example%3Fsubject%3DHi%2520there"))
    assert new.status_code == 302
    page = writer.client.get(new.headers["Location"])
    assert 'value="ana@far.example"' in page.content.decode()
    assert 'value="Hi there"' in page.content.decode()
    where = new.headers["Location"].partition("?")[0]
    form = {
        "revision": "0",
        "to": "Ana Roth <ana@far.example>, b@far.example",
        "subject": "Hi",
        "body": "At\r\nnoon?",
    }
    saved = writer.client.post(where, form | {"what": "save"})
    assert saved.status_code == 302
    assert "At\nnoon?" in writer.client.get(where).content.decode()
    assert writer.shelf.subjects("Drafts") == ["Hi"]
    stale = writer.client.post(where, form | {"what": "save", "body": "Other"})
    assert stale.status_code == 422
    assert "Other" in stale.content.decode()
    bad = writer.client.post(where, form | {"revision": "1", "to": "nobody", "what": "send"})
    assert "This is no address: nobody" in bad.content.decode()
    asks = writer.client.post(where, form | {"revision": "1", "subject": "", "what": "send"})
    assert "It has no subject." in asks.content.decode()
    sent = writer.client.post(where, form | {"revision": "1", "what": "send"})
    assert sent.headers["Location"] == "/mail/outbox"
    assert "Hi" in writer.client.get("/mail/outbox").content.decode()


def test_the_plain_form_keeps_the_html_it_does_not_show(writer: Writer) -> None:
    revision = writer.save()["revision"]
    where = writer.shelf.at(f"compose/{writer.draft}")
    form = {"revision": str(revision), "to": "ana@far.example", "subject": "New", "body": "At noon?"}
    writer.client.post(where, form | {"what": "save"})
    found = writer.ask("GET", writer.drafts)["letter"]
    assert (found["subject"], found["html"]) == ("New", "<div>At <b>noon</b>?</div>")


def test_the_outbox_page_acts(writer: Writer) -> None:
    first = writer.send()["id"]
    assert signed_in(a_mailbox("mallory").owner).post(f"/mail/outbox/{first}/edit").status_code == 404
    back = writer.client.post(f"/mail/outbox/{first}/edit")
    assert back.headers["Location"] == writer.shelf.at(f"compose/{writer.draft}")
    writer.draft = uuid.uuid4()
    second = writer.send()["id"]
    writer.client.post(f"/mail/outbox/{second}/act", {"what": "now"})
    assert writer.shelf.subjects("Sent") == ["The garden"]
    assert writer.client.post(f"/mail/outbox/{second}/edit").headers["Location"] == "/mail/outbox"
    writer.draft = uuid.uuid4()
    third = writer.send()["id"]
    writer.client.post(f"/mail/outbox/{third}/act", {"what": "cancel"})
    assert "Nothing is waiting" in writer.client.get("/mail/outbox").content.decode()


def test_styles_of_a_letter_are_allowed_where_letters_are_written_and_nowhere_else(writer: Writer) -> None:
    pages = [f"f/{writer.shelf.ids['INBOX']}/", f"compose/{writer.draft}"]
    for page in [*map(writer.shelf.at, pages), "/mail/outbox"]:
        policy = writer.client.get(page).headers["Content-Security-Policy"]
        assert "style-src-attr 'unsafe-inline'" in policy
        assert policy.count("unsafe") == 1
    assert "unsafe" not in writer.client.get("/sign-in").headers["Content-Security-Policy"]


def test_pages_ask_who_is_there(writer: Writer) -> None:
    assert Client().get("/mail/outbox").status_code == 302
    assert Client().get(writer.shelf.at("compose")).status_code == 302


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mailto:a@far.example", {"to": "a@far.example"}),
        (
            "mailto:a+b@far.example?subject=1+1&body=x%0Ay",
            {"to": "a+b@far.example", "subject": "1+1", "body": "x\ny"},
        ),
        (
            "mailto:?to=a@far.example&CC=b@far.example&attach=/etc/passwd",
            {"to": "a@far.example", "cc": "b@far.example"},
        ),
        ("mailto:a@far.example?to=b@far.example", {"to": "a@far.example, b@far.example"}),
    ],
)
def test_mailto(url: str, said: dict[str, str]) -> None:
    assert mailto(url) == said


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        ('"Roth, Ana" <ana@far.example>, b@far.example', ["ana@far.example", "b@far.example"]),
        ("ana@far.example; b@far.example", ["ana@far.example", "b@far.example"]),
        ("nobody, b@far.example", ["nobody", "b@far.example"]),
        ("", []),
    ],
)
def test_a_line_of_addresses(line: str, addresses: list[str]) -> None:
    assert [person.address for person in forms.people(line)] == addresses


def test_the_outbox_asks_no_more_for_more_letters(writer: Writer) -> None:
    def asked() -> int:
        with statements() as seen:
            assert writer.client.get("/mail/outbox").status_code == 200
        return len(seen)

    writer.send()
    asked()
    one = asked()
    for _number in range(3):
        writer.draft = uuid.uuid4()
        writer.send()
    assert asked() == one
