"""A draft → the bytes of a message; and what a submitted message must have before it leaves (RFC 6409 8).

Writing goes through the standard library's generator: it folds and encodes, and its speed is no matter here.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from .dates import format_date
from .headers import HEADER, first


@dataclass(frozen=True, slots=True)
class Correspondent:
    """An address as a draft names it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a draft; one with a `content_id` is shown inside its HTML."""

    filename: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a user of ours wants to say."""

    sender: Correspondent
    subject: str
    text: str
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    bcc: tuple[Correspondent, ...] = ()
    reply_to: tuple[Correspondent, ...] = ()
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    """Further fields, such as List-Id."""


def write(draft: Draft, *, now: dt.datetime, message_id: str, keep_bcc: bool = False) -> bytes:
    """Return the message of a draft, in CRLF lines of at most 998 bytes; Bcc is named only in one's own copy."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _header_address(draft.sender)
    recipients = [("To", draft.to), ("Cc", draft.cc), ("Reply-To", draft.reply_to)]
    if keep_bcc:
        recipients.append(("Bcc", draft.bcc))
    for name, addresses in recipients:
        if addresses:
            message[name] = [_header_address(address) for address in addresses]
    message["Subject"] = _one_line(draft.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if draft.in_reply_to:
        message["In-Reply-To"] = draft.in_reply_to
    if draft.references:
        message["References"] = " ".join(draft.references)
    for name, value in draft.extra:
        message[name] = _one_line(value)
    message.set_content(draft.text)
    if draft.html:
        message.add_alternative(draft.html, subtype="html")
    for attachment in draft.attachments:
        _attach(message, attachment)
    # The generator would draw boundaries at random; these follow from the Message-ID.
    token = hashlib.blake2b(message_id.encode(), digest_size=12).hexdigest()
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{token}_{number}")
    return message.as_bytes()


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    maintype, _, subtype = attachment.media_type.partition("/")
    if attachment.content_id:
        html = message.get_body(("html",))
        if isinstance(html, EmailMessage):
            html.add_related(
                attachment.content,
                maintype=maintype,
                subtype=subtype,
                cid=f"<{attachment.content_id}>",
                filename=attachment.filename,
                disposition="inline",
            )
            return
    message.add_attachment(
        attachment.content, maintype=maintype, subtype=subtype, filename=attachment.filename
    )


def _header_address(correspondent: Correspondent) -> HeaderAddress:
    return HeaderAddress(_one_line(correspondent.name), addr_spec=correspondent.address)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def complete(data: bytes, *, now: dt.datetime, message_id_domain: str, random: bytes) -> bytes:
    """Add the Date and the Message-ID a submitted message lacks, on top; every other byte stays (RFC 6409 8.2, 8.3).

    `random` should be sixteen bytes nobody can guess.
    """
    match = HEADER.match(data)
    header = match[0] if match else b""
    added = []
    if not first(header, b"date"):
        added.append(b"Date: %b\r\n" % format_date(now))
    if not first(header, b"message-id"):
        added.append(b"Message-ID: %b\r\n" % make_message_id(message_id_domain, random).encode())
    if not added:
        return data
    if not header and data and not data.startswith((b"\r", b"\n")):
        added.append(b"\r\n")  # A body without any header: keep it a body.
    return b"".join([*added, data])


def make_message_id(domain: str, random: bytes) -> str:
    """Return a Message-ID with its angle brackets."""
    return f"<{random.hex()}@{domain}>"
