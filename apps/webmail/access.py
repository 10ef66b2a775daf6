"""Which mailbox a request may open: the one place where the webmail asks."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts import web
from apps.accounts.models import User
from apps.accounts.permissions import Verb, may
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import mailboxes_of, target_of_mailbox
from apps.store import contents
from apps.store.blobs import BlobMissingError

from .desk import Desk

log = logging.getLogger(__name__)


def mailbox_for(request: HttpRequest, mailbox_id: int, verb: Verb = Verb.READ) -> Mailbox:
    """Return a mailbox that the signed-in user may use so; to everybody else there is none (404)."""
    subject = web.subject(request)
    mailbox = (
        Mailbox.objects.filter(
            id=mailbox_id, is_active=True, domain__is_active=True, domain__organisation__is_active=True
        )
        .select_related("domain", "owner")
        .prefetch_related("members")
        .first()
        if subject is not None
        else None
    )
    if subject is None or mailbox is None or not may(subject, verb, target_of_mailbox(mailbox)):
        raise Http404
    return mailbox


def message_for(request: HttpRequest, mailbox_id: int, content_id: int) -> contents.StoredMessage:
    """Return a message the signed-in user may read, or 404."""
    mailbox_for(request, mailbox_id)
    message = perform(contents.message_of(mailbox_id, content_id))
    if message is None:
        raise Http404
    return message


def unless_damaged[**P, A: HttpResponseBase](
    view: Callable[Concatenate[HttpRequest, P], A],
) -> Callable[Concatenate[HttpRequest, P], A]:
    """Let a view answer 404 where a message's bytes turn out to be damaged or gone while it reads them."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> A:
        try:
            return view(request, *args, **kwargs)
        except BlobMissingError:
            log.exception("a message cannot be read", extra={"path": request.path})
            raise Http404 from None

    return guarded


def desk_for(request: HttpRequest, mailbox_id: int, right: str = "read") -> Desk:
    """Return a mailbox with all else the signed-in user may open, in one statement; or 404, as `mailbox_for`.

    `may` opens a mailbox to its owner and to members with the right, and to nobody by a role; so does this.
    """
    user_id = user_id_of(request)
    reachable = mailboxes_of(user_id)
    mailbox = next((one for one in reachable if one.mailbox_id == mailbox_id), None)
    if mailbox is None or not {"read", right} <= mailbox.rights:
        raise Http404
    return Desk(mailbox, tuple(one for one in reachable if "read" in one.rights), user_id)


def user_id_of(request: HttpRequest) -> int:
    """Return who asks; views ask for it behind `signed_in`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user.id
