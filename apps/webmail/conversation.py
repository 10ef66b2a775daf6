"""A conversation as a page shows it: what is open, what is folded, and what a reader is told above a message."""

import enum
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.events.transactions import perform
from apps.protocols.html.links import Mismatch
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.headers import HEADER, decode_text, decode_words, fields, first
from apps.spam.queries import deceivers_among
from apps.store.blobs import BlobMissingError
from apps.store.contents import StoredMessage, messages_of
from apps.store.message_rows import MessageRow, Person, moment

from .attachments import Attachment
from .confirming import Mark, mark_of
from .invitations import Invitation, invitation_of
from .mailing import MailingList, mailing_list
from .rendering import Addresses, Rendered, render

log = logging.getLogger(__name__)

MOST_OPEN = 10
"""So many messages are open at once; the others wait, folded, until somebody wants them."""
SECONDS_OPENING = 2.0
"""So long messages are opened: those that are hostile, or very large, take all of it, and the others wait, too."""
HEADER_BYTES = 256 * 1024
MOST_PEOPLE = 200
MOST_FIELDS = 500
NOTES_OPEN = 2


class Weight(enum.StrEnum):
    """How loud a note is: the look of its banner."""

    DANGER = "err"
    CARE = "warn"
    FACT = "info"
    ASIDE = "plain"


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader is told above a message; `kind` says which button goes with it."""

    kind: str
    weight: Weight
    icon: str
    text: str
    by_list: MailingList | None = None
    """The list it came by, for the button that leaves it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is shown of a message that is open."""

    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    notes: tuple[Note, ...]
    attachments: tuple[Attachment, ...]
    mismatches: tuple[Mismatch, ...]
    invitation: Invitation | None = None
    mark: Mark | None = None
    """What our own check said of the sender, where it is no warning."""

    @property
    def first_notes(self) -> tuple[Note, ...]:
        """The notes that are seen at once."""
        return self.notes[:NOTES_OPEN]

    @property
    def more_notes(self) -> tuple[Note, ...]:
        """The notes behind a fold."""
        return self.notes[NOTES_OPEN:]

    @property
    def warnings(self) -> list[dict[str, str]]:
        """For the script that asks before such a link is followed."""
        return [{"href": each.href, "says": each.text_host, "host": each.host} for each in self.mismatches]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of a conversation."""

    row: MessageRow
    is_open: bool
    opened: Opened | None
    """None for one that is folded, or that cannot be read."""
    with_images: bool = False
    is_trusted: bool = False
    """Whether the reader always wants its sender's pictures."""

    @property
    def at(self) -> datetime:
        """When it was written."""
        return moment(self.row.date)


def show(
    mailbox_id: int,
    rows: Sequence[MessageRow],
    *,
    also: frozenset[int] = frozenset(),
    images: frozenset[int] = frozenset(),
    trusted: frozenset[str] = frozenset(),
) -> list[Shown]:
    """Return the messages of a conversation: the newest and those not read are open. Three statements at most.

    `also` and `images` are ids of messages to open, the latter with pictures; so are those of `trusted` addresses shown.
    """
    wanted = [row.content_id for row in rows if not row.is_read or row.content_id in also | images]
    latest = [row.content_id for row in rows[-1:]]
    # Of many, those that were asked for and the newest.
    chosen = list(
        dict.fromkeys([*latest, *(each for each in wanted if each in also | images), *reversed(wanted)])
    )
    found = perform(messages_of(mailbox_id, sorted(chosen[:MOST_OPEN])))
    with_images = {
        row.content_id for row in rows if row.content_id in images or row.sender.address in trusted
    }
    deceivers = deceivers_among(mailbox_id, chosen[:MOST_OPEN])
    opened: dict[int, Opened | None] = {}
    ends = time.monotonic() + SECONDS_OPENING
    for content_id in chosen[:MOST_OPEN]:
        message = found.get(content_id)
        opened[content_id] = (
            _opened(message, with_images=content_id in with_images, is_deceiving=content_id in deceivers)
            if message
            else None
        )
        if time.monotonic() > ends:
            break
    return [
        Shown(
            row,
            row.content_id in opened,
            opened.get(row.content_id),
            row.content_id in with_images,
            row.sender.address in trusted,
        )
        for row in rows
    ]


def _opened(message: StoredMessage, *, with_images: bool, is_deceiving: bool = False) -> Opened | None:
    # The frame is rendered again when it is fetched; here only its facts are wanted.
    try:
        rendered = render(message, Addresses(lambda number: number, lambda url: url if with_images else None))
        header, invitation = header_of(message), invitation_of(message)
    except BlobMissingError:
        # The others of the conversation can be read all the same.
        log.exception("a message cannot be read", extra={"content": message.content_id})
        return None
    assert rendered is not None
    mark = mark_of(message.prefix)
    sender, reply_to = _people(header, b"From"), _people(header, b"Reply-To")
    return Opened(
        to=_people(header, b"To"),
        cc=_people(header, b"Cc"),
        reply_to=reply_to,
        notes=(
            *_deceiving(is_deceiving=is_deceiving),
            *_forged(mark),
            *_notes(rendered, sender, reply_to, with_images=with_images),
            *_list_note(header),
        ),
        attachments=rendered.attachments,
        mismatches=rendered.mismatches,
        invitation=invitation,
        mark=None if mark is None or mark.is_forged else mark,
    )


def _deceiving(*, is_deceiving: bool) -> list[Note]:
    text = _(
        "This looks like phishing: it wants to deceive you. Follow no link in it, open no file, and do not answer."
    )
    return [Note("phishing", Weight.DANGER, "shield-alert", text)] if is_deceiving else []


def _forged(mark: Mark | None) -> list[Note]:
    return (
        [Note("forged", Weight.DANGER, mark.icon, mark.text)] if mark is not None and mark.is_forged else []
    )


def _notes(
    rendered: Rendered, sender: Sequence[Person], reply_to: Sequence[Person], *, with_images: bool
) -> list[Note]:
    notes = []
    if rendered.mismatches:
        wrong = rendered.mismatches[0]
        text = _("A link says %(says)s, but leads to %(host)s.") % {
            "says": wrong.text_host,
            "host": wrong.host,
        }
        notes.append(Note("links", Weight.DANGER, "shield-alert", text))
    known = {person.address.lower() for person in sender}
    others = [person.address for person in reply_to if person.address.lower() not in known]
    if others and sender:
        text = _("An answer goes to %(address)s, not to the sender.") % {"address": ", ".join(others[:3])}
        notes.append(Note("reply-to", Weight.CARE, "reply", text))
    if rendered.has_form:
        notes.append(
            Note(
                "form",
                Weight.CARE,
                "triangle-alert",
                _("A form was taken out. Do not send passwords by mail."),
            )
        )
    if rendered.remote_images and not with_images:
        n, m = rendered.remote_images, rendered.trackers
        text = ngettext("%(n)d picture blocked.", "%(n)d pictures blocked.", n) % {"n": n}
        if m:
            text += " " + ngettext("%(n)d looks like a tracker.", "%(n)d look like trackers.", m) % {"n": m}
        notes.append(Note("pictures", Weight.FACT, "image-off", text))
    if rendered.fallback or rendered.is_cut:
        notes.append(
            Note(
                "cut",
                Weight.FACT,
                "scissors",
                _("The message is too large to be shown whole. Its source has it all."),
            )
        )
    return notes


def _list_note(header: bytes) -> list[Note]:
    found = mailing_list(header)
    if found is None:
        return []
    text = _("Mailing list %(name)s") % {"name": found.name} if found.name else _("Sent to a list of readers")
    return [Note("list", Weight.ASIDE, "megaphone", text, found)]


def header_of(message: StoredMessage) -> bytes:
    """Return a message's header, or as much of it as anybody wants to see."""
    data = b"".join(message.raw(0, HEADER_BYTES))
    match = HEADER.match(data)
    return match[0] if match else b""


def fields_of(header: bytes) -> list[tuple[str, str]]:
    """Return the fields of a header as text."""
    return [
        (storable(name.decode("ascii", "replace")), storable(decode_text(value)))
        for name, value in fields(header)[:MOST_FIELDS]
    ]


def _people(header: bytes, name: bytes) -> tuple[Person, ...]:
    value = first(header, name)
    if not value:
        return ()
    return tuple(
        Person(storable(decode_words(each.name or b"")), storable(spec_text(each)))
        for each in parse_addresses(value, MOST_PEOPLE)
        if each.host and each.local
    )
