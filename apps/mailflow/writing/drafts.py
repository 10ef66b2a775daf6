"""Drafts: saved without loss, without copies, and without ever going near the queue.

A draft is one row with a revision. Its message in the Drafts folder is for IMAP clients: when it is written anew, the
new one is placed and the old one removed in the transaction that saves the row, so there is never a second. Whoever
saves names the revision they began from; if the draft went on without them they get both versions, and nothing is
overwritten. What an IMAP client did to the message is looked at before every save: a newer message with the same
Message-ID becomes the draft's next revision, a message that is gone makes it a draft without one.

Writing the message again costs as many bytes as its files have, and blobs are whole messages. So with more than 256 KB
of files the message follows at most once a minute (and when the composer is closed, or by housekeeping); the row always
has everything, and the files are in their uploads.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.accounts.models import User
from apps.events.transactions import Plan, Run, perform, query
from apps.mailboxes.queries import Reachable
from apps.mailflow.models import Draft, Sending
from apps.organisations.errors import NotFoundError
from apps.protocols.mime import original
from apps.protocols.mime.compose import make_message_id
from apps.protocols.mime.letter import Attachment, Person
from apps.protocols.mime.scan import scan
from apps.protocols.mime.writing import write
from apps.store import threading
from apps.store.flags import DRAFT, SEEN, Flags
from apps.store.services import folders, messages
from apps.store.sql import locks
from apps.store.values import FolderRef, MessageFacts, NewMessage, Placed

from . import identities, reading, sql, uploads
from .fields import Fields, File, address_of

DRAFTS = "\\Drafts"
LIGHT_BYTES = 256 * 1024
HEAVY_EVERY = dt.timedelta(seconds=60)
SETTLE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """The draft is kept; `is_placed` says whether the Drafts folder shows this revision already."""

    id: UUID
    revision: int
    is_placed: bool
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """The draft went on without you; nothing was written.

    `theirs` is what it says now, at `revision`: save again with that number to replace it. None means that it is gone:
    sent, thrown away, or deleted by another program; then `revision` is what to save with to have it back, and 0 that
    it was sent or thrown away here and must not come back.
    """

    id: UUID
    revision: int
    mine: Fields
    theirs: Fields | None


@dataclass(frozen=True, slots=True)
class TooLong:
    """More than a draft may hold; nothing was written."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft to go on with."""

    id: UUID
    revision: int
    mailbox_id: int
    fields: Fields
    updated_at: dt.datetime


def save(
    *,
    user_id: int,
    mailbox_id: int,
    draft_id: UUID,
    revision: int,
    fields: Fields,
    now: dt.datetime,
    settle: bool = False,
) -> Saved | Conflict | TooLong:
    """Keep what was written so far; `revision` is the one it was written upon, 0 for a new draft.

    `settle` (the composer closes) shows it to IMAP clients now, however large. NotFoundError for what is not yours.
    """
    if fields.is_too_long:
        return TooLong()
    place = reading.reach(user_id, mailbox_id, "write")
    with transaction.atomic():
        lock_user(user_id)
        draft = _locked(user_id, draft_id)
        if draft is None:
            if revision or _was_sent(user_id, draft_id):
                return Conflict(draft_id, 0, fields, None)
            draft = _create(user_id, place, draft_id, fields, now)
            if draft is None:
                draft = _locked(user_id, draft_id)
                if draft is None:
                    raise NotFoundError("there is no such draft")
            else:
                place_message(draft, place, now)
                return _saved(draft)
        if draft.mailbox_id != mailbox_id:
            place = reading.reach(user_id, draft.mailbox_id, "write")
        if _follow(draft, now):
            theirs = Fields.from_json(draft.fields) if draft.uid is not None else None
            if theirs != fields:
                return Conflict(draft.id, draft.revision, fields, theirs)
        if fields.to_json() == draft.fields:
            # Said twice, perhaps because the first answer was lost.
            if draft.placed_revision < draft.revision and (settle or _may_place(draft, now)):
                place_message(draft, place, now)
            return _saved(draft)
        if revision != draft.revision:
            return Conflict(draft.id, draft.revision, fields, Fields.from_json(draft.fields))
        draft.fields, draft.upload_ids = fields.to_json(), fields.upload_ids
        draft.revision += 1
        draft.updated_at = now
        if settle or _may_place(draft, now):
            place_message(draft, place, now)
        else:
            draft.save()
        return _saved(draft)


def lock_user(user_id: int) -> None:
    """Let one at a time write or send for a user: what is sent at this moment must not come back as a draft.

    Before the draft is locked, for sending and uploads do so, too.
    """
    User.objects.select_for_update(no_key=True, of=("self",)).get(id=user_id)


def _locked(user_id: int, draft_id: UUID) -> Draft | None:
    """Return a draft of the user's, locked; NotFoundError if it is somebody else's."""
    draft = Draft.objects.select_for_update(no_key=True).filter(id=draft_id).first()
    if draft is not None and draft.user_id != user_id:
        raise NotFoundError("there is no such draft")
    return draft


def _was_sent(user_id: int, draft_id: UUID) -> bool:
    """Whether this draft was sent: a save that comes late must not bring it back."""
    return Sending.objects.filter(user_id=user_id, draft_id=draft_id).exclude(state="recalled").exists()


def _create(user_id: int, place: Reachable, draft_id: UUID, fields: Fields, now: dt.datetime) -> Draft | None:
    """Make the row; None if another save did so meanwhile."""
    try:
        with transaction.atomic():
            return Draft.objects.create(
                id=draft_id,
                user_id=user_id,
                mailbox_id=place.mailbox_id,
                fields=fields.to_json(),
                upload_ids=fields.upload_ids,
                message_id=new_message_id(fields.author.address or place.address),
                updated_at=now,
            )
    except IntegrityError:
        return None


def new_message_id(address: str) -> str:
    """Return a Message-ID nobody else has."""
    found = address_of(Person(address))
    domain = found.domain if found and not found.domain.startswith("[") else "localhost"
    return make_message_id(domain, secrets.token_bytes(16))


def _may_place(draft: Draft, now: dt.datetime) -> bool:
    """Whether the message may be written again now: small ones always, large ones once a minute."""
    if draft.placed_at is None or draft.placed_at <= now - HEAVY_EVERY:
        return True
    files = uploads.listed(user_id=draft.user_id, upload_ids=draft.upload_ids)
    return sum(file.size for file in files.values()) <= LIGHT_BYTES


def _saved(draft: Draft) -> Saved:
    placed = draft.placed_revision == draft.revision and draft.uid is not None
    return Saved(draft.id, draft.revision, placed, draft.updated_at)


def _follow(draft: Draft, now: dt.datetime) -> bool:
    """See what became of the draft's message; whether another program changed or removed it."""
    if draft.uid is None or draft.folder_id is None:
        return False
    [(is_there,)] = perform(query(sql.IS_PLACED, (draft.mailbox_id, draft.folder_id, draft.uid)))
    if is_there:
        return False
    number = threading.hash_of(draft.message_id)
    rows = perform(query(sql.SUCCESSOR, (draft.mailbox_id, number, draft.folder_id)))
    draft.revision += 1
    draft.placed_revision = draft.revision
    draft.updated_at = now
    body = perform(reading.body(draft.mailbox_id, rows[0][1])) if rows else None
    if body is None:
        draft.uid = draft.content_id = draft.folder_id = None
    else:
        draft.uid, draft.content_id = rows[0]
        fields = _read(draft.user_id, body, Fields.from_json(draft.fields))
        draft.fields, draft.upload_ids = fields.to_json(), fields.upload_ids
    draft.save()
    return True


def _read(user_id: int, body: bytes, before: Fields | None = None) -> Fields:
    """Return what a message in the Drafts folder says; its files become uploads."""
    message = original.read(body)
    files = []
    for ref in message.parts:
        part = original.take_part(body, ref.path)
        if part is None:
            continue
        kept = uploads.add(
            user_id=user_id, name=part.filename, media_type=part.media_type, content=part.content
        )
        if isinstance(kept, uploads.Uploaded):
            files.append(File(kept.id, part.content_id))
    fields = Fields.of_message(message, files)
    if before is not None and before.answers is not None:
        fields = replace(fields, answers=before.answers)
    return fields


def compose(draft: Draft, now: dt.datetime) -> bytes:
    """Return the draft as a message; what is gone of its files, and what is no address, is left out."""
    fields = Fields.from_json(draft.fields)
    there = uploads.listed(user_id=draft.user_id, upload_ids=fields.upload_ids)
    files = [file for file in fields.files if file.upload_id in there]
    found: Sequence[Attachment] = uploads.attachments(user_id=draft.user_id, files=files) or ()
    author = fields.author if address_of(fields.author) else identities.default(draft.user_id)
    letter = fields.letter(author, found, lenient=True)
    return write(letter, now=now, message_id=draft.message_id, keep_bcc=True)


def place_message(draft: Draft, place: Reachable, now: dt.datetime) -> None:
    """Show this revision in the Drafts folder instead of the one before; the row is saved with it."""
    data = compose(draft, now)
    placed = perform(_replace(draft, place, data, now))
    # A full mailbox keeps the message it has; the row has the text.
    draft.placed_revision, draft.placed_at = draft.revision, now
    if placed is not None:
        draft.folder_id, draft.uid, draft.content_id = placed.folder_id, placed.uid, placed.content_id
    draft.save()


def _replace(draft: Draft, place: Reachable, data: bytes, now: dt.datetime) -> Plan[Placed | None]:
    folder_id = yield from special_folder(draft.mailbox_id, DRAFTS)
    yield Run(locks.LOCK_FOLDERS, [sorted({folder_id, draft.folder_id or folder_id})])
    item = NewMessage(
        organisation_id=place.organisation_id,
        mailbox_id=draft.mailbox_id,
        folder_id=folder_id,
        body=data,
        facts=MessageFacts.of(scan(data)),
        internaldate=int(now.timestamp()),
        flags=Flags(DRAFT if place.private_seen else DRAFT | SEEN),
        seen_by=draft.user_id if place.private_seen else 0,
    )
    [placed] = yield from messages.append([item], enforce_quota=True)
    if not isinstance(placed, Placed):
        return None
    yield from remove_message(draft)
    return placed


def remove_message(draft: Draft) -> Plan[None]:
    """Remove the draft's message."""
    if draft.uid is not None and draft.folder_id is not None:
        ref = FolderRef(draft.mailbox_id, draft.folder_id)
        yield from messages.expunge(ref, [(draft.uid, draft.uid)], only_deleted=False)


def special_folder(mailbox_id: int, special_use: str) -> Plan[int]:
    """Return the folder of a special use, which is made where it is missing."""
    rows = yield from query(sql.SPECIAL, (mailbox_id, special_use))
    if not rows:
        yield from folders.ensure_defaults(mailbox_id)
        rows = yield from query(sql.SPECIAL, (mailbox_id, special_use))
    if not rows:  # Its usual name is taken by a folder without the use.
        name = special_use.removeprefix("\\")
        for number in range(1, 100):
            made = yield from folders.create(mailbox_id, f"{name} {number}", special_use)
            if isinstance(made, FolderRef):
                return made.folder_id
    return int(rows[0][0])


def opened(*, user_id: int, draft_id: UUID, now: dt.datetime) -> Opened:
    """Return a draft to go on with, as it is now, whoever changed it; NotFoundError if there is none."""
    with transaction.atomic():
        lock_user(user_id)
        draft = _locked(user_id, draft_id)
        if draft is None:
            raise NotFoundError("there is no such draft")
        reading.reach(user_id, draft.mailbox_id, "write")
        _follow(draft, now)
        return _opened(draft)


def open_message(*, user_id: int, mailbox_id: int, content_id: int, now: dt.datetime) -> Opened:
    """Return the draft a message in the Drafts folder is; one that another program wrote becomes a draft of ours."""
    reading.reach(user_id, mailbox_id, "write")
    with transaction.atomic():
        lock_user(user_id)
        place = perform(query(sql.IN_DRAFTS, (mailbox_id, content_id)))
        if not place:
            raise NotFoundError("there is no such draft")
        folder_id, uid = place[0]
        # Whoever adopts the same message at the same time waits here.
        perform(query(locks.LOCK_FOLDERS, [[folder_id]]))
        draft = Draft.objects.filter(mailbox_id=mailbox_id, folder_id=folder_id, uid=uid).first()
        if draft is not None:
            if draft.user_id != user_id:
                raise NotFoundError("there is no such draft")
            return _opened(draft)
        body = perform(reading.body(mailbox_id, content_id)) or b""
        fields = _read(user_id, body)
        draft = Draft.objects.create(
            user_id=user_id,
            mailbox_id=mailbox_id,
            fields=fields.to_json(),
            upload_ids=fields.upload_ids,
            message_id=original.read(body).message_id or new_message_id(fields.author.address),
            folder_id=folder_id,
            uid=uid,
            content_id=content_id,
            placed_revision=1,
            placed_at=now,
            updated_at=now,
        )
        return _opened(draft)


def _opened(draft: Draft) -> Opened:
    return Opened(
        draft.id, draft.revision, draft.mailbox_id, Fields.from_json(draft.fields), draft.updated_at
    )


def discard(*, user_id: int, draft_id: UUID) -> None:
    """Throw a draft away, and its message; NotFoundError if there is none."""
    with transaction.atomic():
        draft = _locked(user_id, draft_id)
        if draft is None:
            raise NotFoundError("there is no such draft")
        perform(remove_message(draft))
        draft.delete()


def settle_due(*, now: dt.datetime) -> int:
    """Show IMAP clients the drafts whose message is behind since a minute; return how many."""
    due = Draft.objects.filter(updated_at__lte=now - HEAVY_EVERY, placed_revision__lt=F("revision"))
    done = 0
    for draft_id, user_id in list(due.order_by("updated_at").values_list("id", "user_id")[:SETTLE_AT_ONCE]):
        with transaction.atomic():
            lock_user(user_id)
            draft = Draft.objects.select_for_update(no_key=True, skip_locked=True).filter(id=draft_id).first()
            if draft is None or draft.placed_revision == draft.revision or _follow(draft, now):
                continue
            try:
                place = reading.reach(draft.user_id, draft.mailbox_id, "write")
            except NotFoundError:
                continue
            place_message(draft, place, now)
            done += 1
    return done
