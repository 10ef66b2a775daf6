"""What leaves is signed for its author's domain, as strangers see it; and nothing that goes wrong here stops mail."""

import datetime as dt
import logging

import pytest
from django.db import connection

from apps.domains import dkim, keys
from apps.domains.models import DkimKey
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailflow import signing
from apps.mailflow.writing import release, sending
from apps.mailflow.writing.sending import HOLD, Sent
from apps.protocols.mime.letter import Person
from apps.queue.models import QueuedMessage
from apps.store.blobs import BlobRef, get
from tests.dns_server import Zone, serving
from tests.factories import a_domain

from .signed import judged, let_sign
from .writing.desk import NOW, Desk, a_desk, a_letter

pytestmark = pytest.mark.django_db

LETTER = b"From: Alice <alice@%b>\r\nTo: bob@far.example\r\nSubject: Plan\r\n\r\nhello  there \r\n\r\n\r\n"
BOTH = [("rsa-sha256", True), ("ed25519-sha256", True)]


def signature(body: bytes) -> bytes:
    return perform(signing.signed(body, signing.domains_of(body), NOW))


def test_it_works() -> None:
    domain = a_domain()
    with serving(Zone(let_sign(domain))) as server:
        body = LETTER % domain.name.encode()
        fields = signature(body)
        assert judged(fields + body, server) == BOTH
        # With what comes above it on the way.
        assert judged(b"Received: from x\r\n" + fields + body, server) == BOTH
        assert judged(fields + body.replace(b"hello", b"hullo"), server) == [
            ("rsa-sha256", False),
            ("ed25519-sha256", False),
        ]


def test_a_letter_of_the_webmail_is_signed_when_it_leaves() -> None:
    alice: Desk = a_desk()
    zone = let_sign(alice.user.domain)
    fields = a_letter("bob@far.example", bcc=(Person("carol@far.example"),), html="<p>hello</p>")
    sent = sending.send(**alice.me, fields=fields, now=NOW)
    assert isinstance(sent, Sent)
    [queued] = QueuedMessage.objects.filter(sender=alice.address)
    assert b"DKIM-Signature" not in bytes(queued.prefix)
    assert release.release(sent.id, NOW + HOLD)
    queued.refresh_from_db()
    body = perform(get(BlobRef(queued.organisation_id, bytes(queued.blob_hash), queued.size)))
    assert b"Bcc" not in body
    with serving(Zone(zone)) as server:
        assert judged(bytes(queued.prefix) + body, server) == BOTH


def test_what_is_not_ours_is_not_signed() -> None:
    domain = a_domain()
    let_sign(domain)
    for author in (b"elsewhere.example", b"x", domain.name.encode() + b".example"):
        assert signature(LETTER % author) == b""
    assert signature(b"") == b""
    assert signature(b"Subject: nobody\r\n\r\nhi\r\n") == b""


def test_a_name_within_a_domain_of_ours_is_signed_for_by_the_domain() -> None:
    domain = a_domain()
    let_sign(domain)
    assert f"d={domain.name};".encode() in signature(LETTER % f"mail.{domain.name}".encode())


def test_a_domain_without_a_key_sends_unsigned_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    domain = a_domain()
    keys.forget()
    with caplog.at_level(logging.WARNING):
        assert signature(LETTER % domain.name.encode()) == b""
        assert signature(LETTER % domain.name.encode()) == b""
    [record] = [record for record in caplog.records if getattr(record, "domain", "") == domain.name]
    assert record.getMessage() == "mail is not signed"


def test_a_broken_key_is_named_and_the_other_signs(caplog: pytest.LogCaptureFixture) -> None:
    domain = a_domain()
    zone = let_sign(domain)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE domains_dkimkey SET private = substring(private for 60) WHERE domain_id = %s AND selector = 'r1'",
            [domain.id],
        )
    body = LETTER % domain.name.encode()
    with serving(Zone(zone)) as server, caplog.at_level(logging.WARNING):
        assert judged(signature(body) + body, server) == [("ed25519-sha256", True)]
    assert [getattr(record, "selector", None) for record in caplog.records] == ["r1"]
    # It may be looked at, retired and replaced all the same.
    assert [key.selector for key in dkim.keys_of(domain)] == ["r1", "e1"]
    dkim.retire(domain=domain, selector="r1", actor=SYSTEM)
    assert [key.selector for key in dkim.add_missing(domain=domain, actor=SYSTEM)] == ["r2"]


def test_keys_are_loaded_once_a_minute(django_assert_num_queries: object) -> None:
    domain = a_domain()
    let_sign(domain)
    body = LETTER % domain.name.encode()
    first = signature(body)
    DkimKey.objects.all().delete()
    assert signature(body) == first
    keys.forget()
    assert signature(body) == b""


def test_two_authors_are_both_signed_for() -> None:
    one, two = a_domain(), a_domain()
    let_sign(one)
    let_sign(two)
    body = f"From: a@{one.name}, b@{two.name}, c@{one.name}\r\n\r\nhi\r\n".encode()
    fields = signature(body)
    assert [fields.count(f"d={domain.name};".encode()) for domain in (one, two)] == [2, 2]


def test_signing_is_dated() -> None:
    domain = a_domain()
    let_sign(domain)
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    assert b"t=1795478400;" in perform(signing.signed(LETTER % domain.name.encode(), [domain.name], now))
