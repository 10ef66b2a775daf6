"""Files on their way into letters: stored once each, bounded for each user, gone after a day unless a draft names them.

A draft names its uploads, so saving it copies none of their bytes; the same file twice is one blob.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from apps.accounts.models import User
from apps.events.transactions import Plan, perform, query
from apps.mailflow.models import Upload
from apps.organisations.errors import NotFoundError
from apps.protocols.mime import original
from apps.protocols.mime.header_text import one_line
from apps.protocols.mime.letter import Attachment
from apps.store import blobs
from apps.store.blobs import BlobRef

from . import reading, sql
from .fields import File

KEPT = dt.timedelta(hours=24)
NAME_LIMIT = 255
FORGET_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that is there."""

    id: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class TooLarge:
    """More than one file may be, or than all of a user's may be together; nothing was kept."""

    limit: int
    together: bool = False


def largest() -> int:
    """Return how large one file may be: base64 makes four bytes of three, and there is a message around it."""
    return max(0, (settings.MAIL_MAX_MESSAGE_BYTES - 64 * 1024) * 70 // 100)


def add(
    *, user_id: int, name: str, media_type: str, content: bytes, reuse: bool = False
) -> Uploaded | TooLarge:
    """Keep a file for a letter to come; with `reuse`, the same file of the same name is the one there is already."""
    if len(content) > largest():
        return TooLarge(largest())
    with transaction.atomic():
        # The user's row stands for the sum of their uploads, which two at once could pass.
        user = User.objects.select_for_update(no_key=True, of=("self",)).get(id=user_id)
        held = Upload.objects.filter(user=user).aggregate(held=Sum("size"))["held"] or 0
        [ref] = perform(blobs.put_many(user.organisation_id, [content]))
        file = {
            "user": user,
            "blob_hash": ref.hash,
            "name": file_name(name),
            "media_type": one_line(media_type)[:130] or "application/octet-stream",
        }
        if reuse and (known := Upload.objects.filter(**file).order_by("-id").first()) is not None:
            return _uploaded(known)
        if held + len(content) > settings.MAIL_UPLOAD_BYTES:
            transaction.set_rollback(True)
            return TooLarge(settings.MAIL_UPLOAD_BYTES, together=True)
        upload = Upload.objects.create(organisation_id=user.organisation_id, size=ref.size, **file)
    return _uploaded(upload)


def file_name(name: str) -> str:
    """Return the name of a file as others may see it: no directory, no control characters."""
    return one_line(name.replace("\\", "/").rpartition("/")[2])[:NAME_LIMIT] or "file"


def remove(*, user_id: int, upload_id: int) -> None:
    """Forget a file; NotFoundError if the user has none of that number. Drafts that name it lose it."""
    if not Upload.objects.filter(id=upload_id, user_id=user_id).delete()[0]:
        raise NotFoundError("there is no such upload")


def listed(*, user_id: int, upload_ids: Iterable[int]) -> dict[int, Uploaded]:
    """Return those of these that are there, by id."""
    return {u.id: _uploaded(u) for u in Upload.objects.filter(user_id=user_id, id__in=list(upload_ids))}


def content(*, user_id: int, upload_id: int) -> tuple[Uploaded, bytes]:
    """Return a file; NotFoundError if the user has none of that number."""
    upload = Upload.objects.filter(id=upload_id, user_id=user_id).first()
    if upload is None:
        raise NotFoundError("there is no such upload")
    return _uploaded(upload), perform(blobs.get(_ref(upload)))


def take_over(
    *, user_id: int, mailbox_id: int, content_id: int, paths: Sequence[str], whole: bool = False
) -> list[File] | TooLarge:
    """Make uploads of files of a message (by the paths of their parts), or of the `whole` message.

    NotFoundError if the user cannot read such a message.
    """
    data = reading.body_of(user_id=user_id, mailbox_id=mailbox_id, content_id=content_id)
    if whole:
        subject = original.read(data).subject or "message"
        found = [Attachment(f"{subject[:100]}.eml", "message/rfc822", data)]
    else:
        found = [part for path in paths if (part := original.take_part(data, path)) is not None]
    with transaction.atomic():
        files = []
        for part in found:
            kept = add(user_id=user_id, name=part.filename, media_type=part.media_type, content=part.content)
            if isinstance(kept, TooLarge):
                transaction.set_rollback(True)
                return kept
            files.append(File(kept.id, part.content_id))
    return files


def attachments(*, user_id: int, files: Sequence[File]) -> list[Attachment] | None:
    """Return the files of a letter with their bytes; None when one of them is gone."""
    uploads = Upload.objects.filter(user_id=user_id).in_bulk([file.upload_id for file in files])
    if any(file.upload_id not in uploads for file in files):
        return None
    found = perform(blobs.get_many([_ref(uploads[file.upload_id]) for file in files]))
    return [
        Attachment(
            uploads[file.upload_id].name,
            uploads[file.upload_id].media_type,
            blobs.read(blob),
            file.content_id,
        )
        for file, blob in zip(files, found, strict=True)
    ]


def forget(*, now: dt.datetime) -> int:
    """Remove uploads older than a day that neither a draft nor a letter that may come back names; return how many."""
    return perform(_forget(now - KEPT))


def _forget(before: dt.datetime) -> Plan[int]:
    [(gone,)] = yield from query(sql.FORGET_UPLOADS, {"before": before, "limit": FORGET_AT_ONCE})
    return int(gone)


def _ref(upload: Upload) -> BlobRef:
    return BlobRef(upload.organisation_id, bytes(upload.blob_hash), upload.size)


def _uploaded(upload: Upload) -> Uploaded:
    return Uploaded(upload.id, upload.name, upload.media_type, upload.size)
