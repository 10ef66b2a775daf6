"""Queued messages for tests: a tenant of its own each time, and recipients by name."""

import itertools
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from apps.events.transactions import Plan, perform
from apps.organisations.models import Organisation
from apps.protocols.mime.scan import scan
from apps.queue import facts, services
from apps.queue.couriers import Parcel
from apps.queue.envelopes import Envelope, NewMessage, Recipient
from apps.queue.models import Lane, Origin, QueuedRecipient
from apps.store import blobs

BODY = b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: hello\r\n\r\nhello\r\n"
_numbers = itertools.count(1)


def a_tenant() -> int:
    """Make an organisation; return its id."""
    return Organisation.objects.create(name=f"letters {os.getpid()}-{next(_numbers)}").pk


def local(mailbox_id: int, organisation_id: int, address: str = "alice@example.test") -> Recipient:
    """Name a mailbox of ours."""
    return Recipient(address, Lane.LOCAL, organisation_id, address.partition("@")[2], mailbox_id)


def remote(address: str, organisation_id: int) -> Recipient:
    """Name an address elsewhere."""
    return Recipient(address, Lane.REMOTE, organisation_id, address.partition("@")[2])


def a_letter(
    *recipients: Recipient,
    body: bytes = BODY,
    sender: str = "bob@example.test",
    priority: int = 0,
    age: timedelta = timedelta(),
) -> Plan[list[int]]:
    """Queue one message."""
    organisation_id = recipients[0].organisation_id
    [blob] = yield from blobs.put_many(organisation_id, [body])
    return (
        yield from services.enqueue(
            [
                NewMessage(
                    organisation_id=organisation_id,
                    blob_hash=blob.hash,
                    size=blob.size,
                    facts=facts.pack(scan(body)),
                    envelope=Envelope(sender),
                    recipients=recipients,
                    prefix=b"Received: from there\r\n",
                    trace_id=uuid.uuid4(),
                    origin=Origin.MX,
                    accepted_at=datetime.now(UTC) - age,
                    priority=priority,
                )
            ]
        )
    )


def queue(
    *recipients: Recipient,
    sender: str = "bob@example.test",
    priority: int = 0,
    age: timedelta = timedelta(),
) -> list[QueuedRecipient]:
    """Queue one message on Django's connection; return its rows."""
    [message_id] = perform(a_letter(*recipients, sender=sender, priority=priority, age=age))
    return list(QueuedRecipient.objects.filter(message_id=message_id).order_by("id"))


def claim(lane: Lane, owner: str, limit: int = 200, **more: object) -> list[Parcel]:
    """Claim on Django's connection."""
    return perform(services.claim_due(lane, limit, owner, **more))  # type: ignore[arg-type]


def addresses(parcels: Sequence[Parcel]) -> list[str]:
    """Return where parcels go, in order."""
    return [parcel.recipient.address for parcel in parcels]
