"""A cast at their desks: mailboxes with folders, what is in them, and what waits in the queue."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.transactions import perform
from apps.mailflow.writing.fields import Fields
from apps.mailflow.writing.sending import Sent
from apps.protocols.mime.letter import Person
from apps.protocols.mime.scan import scan
from apps.queue.models import QueuedRecipient
from apps.store.blobs import BlobRef, get
from apps.store.flags import names_of
from apps.store.models import Content, Folder, Message
from apps.store.services import folders, messages
from apps.store.values import MessageFacts, NewMessage, Placed
from tests.factories import a_domain, a_mailbox

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Desk:
    """A user with a mailbox."""

    user: User
    mailbox_id: int
    address: str

    @property
    def me(self) -> dict[str, Any]:
        return {"user_id": self.user.pk, "mailbox_id": self.mailbox_id}

    @property
    def person(self) -> Person:
        return Person(self.address)

    def folder(self, special_use: str) -> Folder:
        return Folder.objects.get(mailbox_id=self.mailbox_id, special_use=special_use)

    def inbox(self) -> Folder:
        return Folder.objects.get(mailbox_id=self.mailbox_id, name="INBOX")

    def held(self, special_use: str) -> list[bytes]:
        """Return the messages of a folder, as IMAP would."""
        rows = Message.objects.filter(mailbox_id=self.mailbox_id, folder_id=self.folder(special_use).pk)
        return [self.body(row.content_id) for row in rows.order_by("uid")]

    def body(self, content_id: int) -> bytes:
        content = Content.objects.get(mailbox_id=self.mailbox_id, id=content_id)
        size = content.size - len(content.prefix)
        return bytes(content.prefix) + perform(
            get(BlobRef(content.organisation_id, bytes(content.blob_hash), size))
        )

    def flags(self, content_id: int) -> list[str]:
        row = Message.objects.get(mailbox_id=self.mailbox_id, content_id=content_id)
        return names_of(row.flags, {})

    def put(self, body: bytes, folder: Folder | None = None) -> Placed:
        """Place a message, as delivery or an IMAP client does."""
        item = NewMessage(
            self.user.organisation_id, self.mailbox_id, (folder or self.inbox()).pk, body,
            MessageFacts.of(scan(body)), int(NOW.timestamp()),
        )  # fmt: skip
        [placed] = perform(messages.append([item], enforce_quota=False))
        assert isinstance(placed, Placed)
        return placed


def a_desk(local: str = "alice", domain: Domain | None = None) -> Desk:
    mailbox = a_mailbox(local, domain=domain or a_domain())
    perform(folders.ensure_defaults(mailbox.pk))
    assert mailbox.owner
    return Desk(mailbox.owner, mailbox.pk, str(mailbox))


def a_letter(to: str, **more: object) -> Fields:
    return Fields(to=(Person(to, "Bob B."),), subject="Plan", text="hello\n", **more)  # type: ignore[arg-type]


def recipients(sent: object) -> list[QueuedRecipient]:
    """Return what the queue has of a letter."""
    from apps.mailflow.models import Sending

    assert isinstance(sent, Sent), sent
    ids = Sending.objects.get(id=sent.id).queued_ids
    return list(QueuedRecipient.objects.filter(message_id__in=ids).order_by("id"))


def new_id() -> UUID:
    return uuid4()
