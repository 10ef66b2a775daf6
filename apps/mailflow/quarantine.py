"""Junk and quarantine as one thing: what the filter kept from the inbox is released, or dropped.

A judgement in state `junk` is a message in the folder for junk; one in state `held` waits in the queue, where no folder
shows it. Released, both are in the inbox; dropped, the first is in Trash, and the second is gone.
"""

import datetime as dt

from django.conf import settings
from django.core import signing

from apps.events import audit
from apps.events.transactions import perform, query
from apps.mailboxes.models import Mailbox
from apps.queue import operators
from apps.spam.models import Judgement
from apps.spam.models.judgements import Label, State
from apps.spam.services import judgements
from apps.store.ranges import of_uids
from apps.store.services import folders, messages
from apps.store.values import FolderRef

from . import refile
from . import sql_refile as sql

TOKEN_SECONDS = 14 * 24 * 3600
AT_ONCE = 500
_SALT = "quarantine"


def find(mailbox_id: int, judgement_id: int) -> Judgement | None:
    """Return what is kept from the inbox of a mailbox under this number; None where nothing is, any more."""
    kept = Judgement.objects.filter(
        mailbox_id=mailbox_id, id=judgement_id, state__in=[State.JUNK, State.HELD]
    )
    return kept.first()


def release(*, judgement: Judgement, actor: audit.Actor, learn: bool = False) -> bool:
    """Let a message into the inbox; with `learn` also say that such mail is wanted. False where it is gone."""
    if judgement.state == State.HELD:
        if learn:
            perform(judgements.label(judgement, Label.HAM))
        done = bool(operators.release([judgement.parcel_id or 0], actor=actor))
    else:
        done = _take_out(judgement, "", learn=learn)
    if done:
        _record("filter.release", judgement, actor)
    return done


def drop(*, judgement: Judgement, actor: audit.Actor) -> bool:
    """Do away with a message: from the junk it goes to Trash, which teaches nothing. False where it is gone."""
    if judgement.state == State.HELD:
        done = bool(operators.cancel([judgement.parcel_id or 0], why="Dropped from quarantine", actor=actor))
        if done:
            perform(judgements.dropped(judgement))
    else:
        done = _take_out(judgement, "\\Trash", learn=False)
    if done:
        _record("filter.drop", judgement, actor)
    return done


def _take_out(judgement: Judgement, use: str, *, learn: bool) -> bool:
    """Move a message out of the junk, to the folder of a use or to INBOX."""
    mailbox_id, content_id = judgement.mailbox_id, judgement.content_id or 0
    source = perform(folders.ensure_special(mailbox_id, "\\Junk"))
    target = perform(folders.ensure_special(mailbox_id, use) if use else folders.inbox(mailbox_id))
    uids = of_uids(_uids(source, content_id))
    if not uids or target is None:
        return False
    if learn or use:
        perform(refile.transfer(source, target, uids))
        return True
    perform(messages.move(source, target, uids))
    perform(judgements.mark(mailbox_id, [content_id], state=State.RELEASED))
    return True


def _uids(folder: FolderRef, content_id: int) -> list[int]:
    places = (folder.mailbox_id, [content_id], folder.folder_id, folder.folder_id)
    return [row[1] for row in perform(query(sql.PLACES, places))]


def _record(action: str, judgement: Judgement, actor: audit.Actor) -> None:
    mailbox = Mailbox.objects.select_related("domain").filter(id=judgement.mailbox_id).first()
    name = str(mailbox) if mailbox else f"mailbox {judgement.mailbox_id}"
    audit.record(
        actor=actor,
        action=action,
        target=audit.Target("filter", judgement.id, name, judgement.organisation_id),
        details={"name": f"{judgement.sender}: {judgement.subject}"[:200]},
    )


def expire(now: dt.datetime) -> int:
    """Drop what nobody let go for so long that it will soon be forgotten why it was held; return how much."""
    oldest = now - dt.timedelta(days=settings.MAIL_SPAM_DAYS) + dt.timedelta(days=1)
    held = Judgement.objects.filter(state=State.HELD, judged_at__lt=oldest)[:AT_ONCE]
    return sum(drop(judgement=one, actor=audit.SYSTEM) for one in held)


def token(judgement: Judgement) -> str:
    """Return a word for a link that lets its bearer release one message, for two weeks: what a digest carries."""
    return signing.dumps([judgement.mailbox_id, judgement.id], salt=_SALT)


def of_token(word: str) -> Judgement | None:
    """Return the message a link is about; None for a link that is forged, too old, or about what is gone."""
    try:
        mailbox_id, judgement_id = signing.loads(word, salt=_SALT, max_age=TOKEN_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return find(mailbox_id, judgement_id)
