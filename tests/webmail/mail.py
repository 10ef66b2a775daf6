"""Messages for the webmail's tests: filed in a mailbox as a stranger would have sent them, and read by a user."""

import email.message
import email.policy
from dataclasses import dataclass

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.protocols.mime.scan import scan
from apps.store.models import Message
from apps.store.services import folders, messages
from apps.store.values import MessageFacts, NewMessage, Placed
from tests.browsers import a_browser_of as signed_in
from tests.factories import a_mailbox

__all__ = ["signed_in"]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
PREFIX = b"Return-Path: <bob@example.test>\r\n"


@dataclass(frozen=True, slots=True)
class Filed:
    """A message in a mailbox, and where its pages are."""

    mailbox: Mailbox
    content_id: int

    def url(self, rest: str) -> str:
        return f"/mail/m/{self.mailbox.pk}/{self.content_id}/{rest}"


def file(raw: bytes, mailbox: Mailbox | None = None, *, above: bytes = b"") -> Filed:
    """Put a message into an INBOX; `above` is what we found of it."""
    mailbox = mailbox or a_mailbox()
    perform(folders.ensure_defaults(mailbox.pk))
    inbox = mailbox.folders.get(name="INBOX")
    new = NewMessage(
        mailbox.domain.organisation_id,
        mailbox.pk,
        inbox.pk,
        raw,
        MessageFacts.of(scan(raw)),
        internaldate=1_700_000_000,
        prefix=PREFIX + above,
    )
    [placed] = perform(messages.append([new], enforce_quota=False))
    assert isinstance(placed, Placed)
    found = Message.objects.get(mailbox_id=mailbox.pk, folder_id=inbox.pk, uid=placed.uid)
    return Filed(mailbox, found.content_id)


def an_email(text: str = "", html: str = "", *, subject: str = "Hello") -> email.message.EmailMessage:
    """Write a message with a text, HTML or both."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = subject
    message["From"] = "bob@example.test"
    if text:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message
