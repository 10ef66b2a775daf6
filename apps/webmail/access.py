"""Which mailbox a request may open: the one place where the webmail asks."""

from django.http import Http404, HttpRequest

from apps.accounts import web
from apps.accounts.models import User
from apps.accounts.permissions import Verb, may
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import mailboxes_of, target_of_mailbox
from apps.store import contents

from .desk import Desk


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
