"""How letters begin: an answer, a forwarded message, or nothing but a signature."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.protocols.mime import original, reply
from apps.protocols.mime.letter import Person
from apps.protocols.mime.original import Original
from apps.protocols.mime.reply import Skeleton

from . import identities, reading, uploads
from .fields import ANSWERED, FORWARDED, Answers, Fields
from .uploads import TooLarge


def begin_reply(
    *,
    user_id: int,
    mailbox_id: int,
    content_id: int,
    clean: Callable[[str], str],
    all: bool = False,  # noqa: A002 - it is what everyone calls it.
    to_list: bool = False,
) -> Fields | TooLarge:
    """Return the beginning of an answer to a message; `clean` makes its HTML safe to show and to send on."""
    message = _read(user_id, mailbox_id, content_id, clean)
    begun = reply.reply(
        message, me=identities.keys_of(user_id), all=all, to_list=to_list, attribution=_attribution(message)
    )
    return _fields(user_id, mailbox_id, content_id, begun, ANSWERED)


def begin_forward(
    *,
    user_id: int,
    mailbox_id: int,
    content_id: int,
    clean: Callable[[str], str],
    as_attachment: bool = False,
) -> Fields | TooLarge:
    """Return the beginning of a forwarded message; its files become uploads, without a way through the browser."""
    message = _read(user_id, mailbox_id, content_id, clean)
    labels = (_("Forwarded message"), _("From"), _("Date"), _("Subject"), _("To"), _("Cc"))
    begun = reply.forward(
        message,
        me=identities.keys_of(user_id),
        as_attachment=as_attachment,
        labels=labels,
        when=_when(message.sent_at),
    )
    return _fields(user_id, mailbox_id, content_id, begun, FORWARDED)


def _read(user_id: int, mailbox_id: int, content_id: int, clean: Callable[[str], str]) -> Original:
    body = reading.body_of(user_id=user_id, mailbox_id=mailbox_id, content_id=content_id)
    message = original.read(body)
    return original.with_html(message, clean(message.html)) if message.html else message


def _attribution(message: Original) -> str:
    who = next((person.name or person.address for person in message.author), "")
    if not who:
        return ""
    if message.sent_at is None:
        return _("%(who)s wrote:") % {"who": who}
    return _("On %(when)s, %(who)s wrote:") % {"when": _when(message.sent_at), "who": who}


def _when(sent_at: dt.datetime | None) -> str:
    return formats.date_format(timezone.localtime(sent_at), "DATETIME_FORMAT") if sent_at else ""


def _fields(user_id: int, mailbox_id: int, content_id: int, begun: Skeleton, how: str) -> Fields | TooLarge:
    files = uploads.take_over(
        user_id=user_id,
        mailbox_id=mailbox_id,
        content_id=content_id,
        paths=[part.path for part in begun.parts],
        whole=begun.whole,
    )
    if isinstance(files, TooLarge):
        return files
    chosen = identities.choose(identities.identities(user_id), begun.addressed)
    fields = Fields(
        author=chosen.person if chosen else Person(""),
        to=begun.to,
        cc=begun.cc,
        subject=begun.subject,
        text=begun.text,
        html=begun.html,
        in_reply_to=begun.in_reply_to,
        references=begun.references,
        answers=Answers(mailbox_id, content_id, how),
    )
    return replace(fields, files=tuple(files))
