"""Who is told that a message did not arrive, once, in words and in a form programs read."""

import dataclasses
import datetime as dt
import email
import email.policy
import uuid

import pytest
from django.db import connection
from pytest_django import Settings

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow.bounce import Failure, report
from apps.protocols.mime.scan import scan
from apps.protocols.smtp.replies import Reply
from apps.queue import facts
from apps.queue.couriers import Deferred, Failed, Parcel
from apps.queue.envelopes import Envelope, Recipient
from apps.queue.models import Lane, Origin, QueuedMessage, QueuedRecipient
from apps.store import blobs
from tests.dns_server import Zone, serving
from tests.factories import a_domain, a_mailbox, an_alias

from .signed import judged, let_sign

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LUNCH = b"Subject: lunch\r\nMessage-ID: <1@example.test>\r\n\r\nAt noon?\r\n"
NO_SUCH = Failed(Reply(550, "5.1.1", "No such person"), "mx.far.example[192.0.2.1]:25")


@pytest.fixture
def bob() -> Mailbox:
    return a_mailbox("bob")


def a_parcel(
    sender: str, bob: Mailbox, address: str = "x@far.example", *, notify: str = "", ret: str = ""
) -> Parcel:
    organisation_id = bob.domain.organisation_id
    [ref] = perform(blobs.put_many(organisation_id, [LUNCH]))
    return Parcel(
        id=1,
        message_id=7,
        attempts=1,
        recipient=Recipient(address, Lane.REMOTE, organisation_id, address.partition("@")[2], notify=notify),
        envelope=Envelope(sender, ret=ret, envid="abc"),
        blob_hash=ref.hash,
        size=ref.size,
        facts=facts.pack(scan(LUNCH)),
        prefix=b"",
        verdict=None,
        evidence=None,
        trace_id=uuid.UUID(int=5),
        origin=Origin.SUBMISSION,
        priority=0,
        accepted_at=NOW - dt.timedelta(minutes=5),
        next_attempt=NOW,
    )


def reports(*failures: Failure) -> list[tuple[QueuedMessage, str]]:
    """Queue reports; return each with its text."""
    ids = perform(report(failures, now=NOW))
    found = []
    for message in QueuedMessage.objects.filter(id__in=ids):
        ref = blobs.BlobRef(message.organisation_id, bytes(message.blob_hash), message.size)
        found.append((message, perform(blobs.get(ref)).decode()))
    return found


def test_it_works(bob: Mailbox) -> None:
    [(message, text)] = reports(Failure(a_parcel(str(bob), bob), NO_SUCH))
    assert message.sender == ""
    [recipient] = message.recipients.all()
    assert (recipient.lane, recipient.mailbox_id, recipient.address) == ("local", bob.id, str(bob))
    assert "This address does not exist." in text
    assert "mx.far.example[192.0.2.1]:25 said: 550 5.1.1 No such person" in text
    assert "The subject of the message was: lunch" in text
    assert "At noon?" not in text
    parsed = email.message_from_string(text, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed["To"].addresses[0].addr_spec == str(bob)
    assert "Status: 5.1.1" in text
    assert "Original-Envelope-Id: abc" in text


def test_two_recipients_of_one_message_are_one_report(bob: Mailbox) -> None:
    one, other = a_parcel(str(bob), bob, "x@far.example"), a_parcel(str(bob), bob, "y@far.example")
    [(_, text)] = reports(Failure(one, NO_SUCH), Failure(other, NO_SUCH))
    assert "Final-Recipient: rfc822; x@far.example" in text
    assert "Final-Recipient: rfc822; y@far.example" in text


def test_the_null_sender_is_told_nothing(bob: Mailbox) -> None:
    assert reports(Failure(a_parcel("", bob), NO_SUCH)) == []


def test_who_does_not_want_to_know_is_not_told(bob: Mailbox) -> None:
    assert reports(Failure(a_parcel(str(bob), bob, notify="NEVER"), NO_SUCH)) == []
    assert reports(Failure(a_parcel(str(bob), bob, notify="SUCCESS,DELAY"), NO_SUCH)) == []
    assert len(reports(Failure(a_parcel(str(bob), bob, notify="SUCCESS,FAILURE"), NO_SUCH))) == 1


def test_the_whole_message_comes_back_when_asked(bob: Mailbox) -> None:
    [(_, text)] = reports(Failure(a_parcel(str(bob), bob, ret="FULL"), NO_SUCH))
    assert "At noon?" in text


def test_what_was_to_travel_by_tls_alone_does_not_come_back_whole(bob: Mailbox) -> None:
    parcel = a_parcel(str(bob), bob, ret="FULL")
    parcel = dataclasses.replace(parcel, envelope=dataclasses.replace(parcel.envelope, requiretls=True))
    [(_, text)] = reports(Failure(parcel, Failed(Reply(550, "5.7.30", "REQUIRETLS support required"))))
    assert "Subject: lunch" in text
    assert "At noon?" not in text
    assert "encrypted" in text


def test_too_old_says_so(bob: Mailbox) -> None:
    expired = Deferred(Reply(451, "4.4.1", "The connection timed out"))
    [(_, text)] = reports(Failure(a_parcel(str(bob), bob), expired))
    assert "It was tried for as long as we promise" in text
    assert "Status: 5.4.7" in text
    assert "Diagnostic-Code: smtp; 451 4.4.1" in text


def test_a_sender_elsewhere_is_told_there(bob: Mailbox) -> None:
    [(message, _)] = reports(Failure(a_parcel("friend@far.example", bob), NO_SUCH))
    [recipient] = message.recipients.all()
    assert (recipient.lane, recipient.domain) == ("remote", "far.example")


def test_a_sender_that_is_gone_is_told_nothing(bob: Mailbox) -> None:
    assert reports(Failure(a_parcel(f"nobody@{bob.domain.name}", bob), NO_SUCH)) == []
    assert reports(Failure(a_parcel("not an address", bob), NO_SUCH)) == []


def test_a_report_to_an_alias_stays_in_the_house(bob: Mailbox) -> None:
    an_alias("team", str(bob), "mallory@far.example", domain=bob.domain)
    [(message, _)] = reports(Failure(a_parcel(f"team@{bob.domain.name}", bob), NO_SUCH))
    assert [recipient.address for recipient in message.recipients.all()] == [str(bob)]


def test_what_settles_together_is_reported_together_or_not_at_all(bob: Mailbox) -> None:
    before = QueuedRecipient.objects.count()
    with pytest.raises(ZeroDivisionError):
        perform(_and_then_fail(Failure(a_parcel(str(bob), bob), NO_SUCH)))
    assert QueuedRecipient.objects.count() == before
    assert connection.needs_rollback is False


def _and_then_fail(failure: Failure):  # type: ignore[no-untyped-def]
    yield from report([failure], now=NOW)
    raise ZeroDivisionError


def test_a_report_is_signed_by_the_domain_our_own_name_lies_in(bob: Mailbox, settings: Settings) -> None:
    domain = a_domain()
    settings.MAIL_HOSTNAME = f"mail.{domain.name}"
    with serving(Zone(let_sign(domain))) as server:
        [(message, text)] = reports(Failure(a_parcel("x@far.example", bob), NO_SUCH))
        whole = bytes(message.prefix) + text.encode()
        assert judged(whole, server) == [("rsa-sha256", True), ("ed25519-sha256", True)]
