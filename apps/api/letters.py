"""Letters on their way in and out: what a body says as the fields of a letter, and a refusal as a problem."""

from collections.abc import Mapping
from typing import Any, NoReturn

from rest_framework.request import Request

from apps.mailflow.writing import uploads
from apps.mailflow.writing.checks import NotSent, Reason
from apps.mailflow.writing.fields import Answers, Fields, File
from apps.protocols.mime.letter import Person
from apps.protocols.smtp import replies
from apps.protocols.smtp.replies import Reply

from .permission import user_of
from .problems import Problem

REPLIES: Mapping[Reason, Reply] = {
    Reason.NO_RECIPIENTS: replies.NO_VALID_RECIPIENTS,
    Reason.TOO_MANY_RECIPIENTS: replies.TOO_MANY_RECIPIENTS,
    Reason.SENDER_NOT_YOURS: replies.FROM_NOT_YOURS,
    Reason.SWITCHED_OFF: replies.AUTH_REQUIRED,
    Reason.NO_SUCH_USER: replies.NO_SUCH_USER,
    Reason.MAILBOX_FULL: replies.MAILBOX_FULL,
    Reason.TOO_LARGE: replies.TOO_LARGE,
    Reason.RATE_LIMITED: replies.RATE_LIMITED,
}
WORDS: Mapping[Reason, str] = {
    Reason.NO_RECIPIENTS: "It is for nobody.",
    Reason.BAD_ADDRESS: "Some addresses are none.",
    Reason.TOO_MANY_RECIPIENTS: "It is for too many.",
    Reason.SENDER_NOT_YOURS: "You may not write as this address.",
    Reason.SWITCHED_OFF: "Your account is switched off.",
    Reason.NO_SUCH_USER: "Some of its recipients do not exist.",
    Reason.MAILBOX_FULL: "The mailbox of some of its recipients is full.",
    Reason.TOO_LARGE: "It is too large.",
    Reason.RATE_LIMITED: "You have written to too many within the hour.",
    Reason.FILE_GONE: "One of its files is not there any more.",
    Reason.REFUSED: "It was refused by this server's rules.",
    Reason.STALE: "The draft was changed meanwhile.",
    Reason.DRAFT_GONE: "The draft is gone.",
    Reason.TOO_SOON: "That is too soon: a minute from now at least.",
    Reason.TOO_LATE: "That is too late: a year from now at most.",
}
_CODES = {
    Reason.STALE: "conflict",
    Reason.DRAFT_GONE: "conflict",
    Reason.KEY_USED: "idempotency_key_reused",
    Reason.MAILBOX_FULL: "unavailable",
    Reason.RATE_LIMITED: "unavailable",
}


def fields_of(request: Request, given: Mapping[str, Any]) -> Fields:
    """Return the letter a body says; files that came with it become uploads."""
    answers = given.get("answers")
    return Fields(
        author=_person(given["author"]) if "author" in given else Person(""),
        to=tuple(map(_person, given["to"])),
        cc=tuple(map(_person, given["cc"])),
        bcc=tuple(map(_person, given["bcc"])),
        subject=given["subject"],
        text=given["text"],
        html=given["html"],
        files=tuple(_file(request, each) for each in given["attachments"]),
        in_reply_to=given["in_reply_to"],
        references=tuple(given["references"]),
        answers=Answers(answers["mailbox_id"], answers["message_id"], answers["how"]) if answers else None,
    )


def _person(given: Mapping[str, str]) -> Person:
    return Person(given["address"], given["name"])


def _file(request: Request, given: Mapping[str, Any]) -> File:
    if "upload_id" in given:
        return File(given["upload_id"], given["content_id"])
    # The same file sent again is the same upload: else a request repeated with its key would be another.
    kept = uploads.add(
        user_id=user_of(request).id,
        name=given["name"],
        media_type=given["media_type"],
        content=given["content"],
        reuse=True,
    )
    if isinstance(kept, uploads.TooLarge):
        too_large(kept)
    return File(kept.id, given["content_id"])


def too_large(answer: uploads.TooLarge) -> NoReturn:
    """Refuse a file."""
    which = "All your files together" if answer.together else "A file"
    raise Problem("too_large", f"{which} may have {answer.limit} bytes.")


def not_sent(answer: NotSent) -> NoReturn:
    """Refuse a letter, in the words SMTP would have used."""
    reply = REPLIES.get(answer.reason)
    more: dict[str, Any] = {"reason": answer.reason.value, "about": list(answer.about)}
    if reply is not None:
        more["reply"] = str(reply)
    raise Problem(_CODES.get(answer.reason, "not_sent"), WORDS.get(answer.reason, ""), **more)
