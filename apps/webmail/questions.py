"""What to ask before a letter leaves: everything the questions need to know, gathered."""

from typing import Any

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.mailflow.writing import correspondents, reading, uploads
from apps.mailflow.writing.fields import Fields
from apps.organisations.errors import NotFoundError
from apps.protocols.mime import original
from apps.protocols.mime.doubts import warnings
from apps.protocols.mime.letter import Attachment, Person

from . import wording


def questions(user_id: int, mailbox_id: int, fields: Fields) -> list[dict[str, Any]]:
    """Return the questions, worded; none for most letters."""
    reading.reach(user_id, mailbox_id, "write")
    there = uploads.listed(user_id=user_id, upload_ids=fields.upload_ids)
    files = [
        Attachment(there[file.upload_id].name, there[file.upload_id].media_type, b"", file.content_id)
        for file in fields.files
        if file.upload_id in there
    ]
    user = User.objects.get(id=user_id)
    found = warnings(
        fields.letter(fields.author, files, lenient=True),
        ours=set(Domain.objects.filter(organisation_id=user.organisation_id).values_list("name", flat=True)),
        thread=_thread(user_id, fields),
        known=correspondents.known(user_id=user_id),
    )
    return [
        {
            "kind": doubt.kind.value,
            "text": wording.question(doubt),
            "about": list(doubt.about),
            "instead": doubt.instead,
        }
        for doubt in found
    ]


def _thread(user_id: int, fields: Fields) -> tuple[Person, ...]:
    """Return everyone the answered message names; nobody where it is gone."""
    answers = fields.answers
    if answers is None:
        return ()
    try:
        body = reading.body_of(user_id=user_id, mailbox_id=answers.mailbox_id, content_id=answers.content_id)
    except NotFoundError:
        return ()
    message = original.read(body)
    return (*message.author, *message.to, *message.cc)
