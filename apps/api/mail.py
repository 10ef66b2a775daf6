"""Whose mail a request may touch: a mailbox that works and that its user may use so."""

from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apps.accounts.permissions import Verb
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import target_of_mailbox
from apps.mailflow.refile import Hand
from apps.store.folder_tree import folder_of
from apps.store.values import FolderRef

from .lookup import one
from .permission import demand, user_of

FULL = (
    Mailbox.objects.filter(removing_since=None)
    .select_related("domain__organisation", "owner")
    .prefetch_related("members")
)


def mailbox(request: Request, mailbox_id: int, verb: Verb) -> Mailbox:
    """Return a mailbox whose content the request may read, change or send from."""
    found = one(FULL, id=mailbox_id)
    demand(request, verb, target_of_mailbox(found))
    if not (found.is_active and found.domain.is_active and found.domain.organisation.is_active):
        raise NotFound
    return found


def eyes(request: Request, found: Mailbox) -> int:
    """Return the user whose read marks count, 0 where they are everybody's."""
    return user_of(request).id if found.private_seen else 0


def hand(request: Request, found: Mailbox) -> Hand:
    """Return whose hand it is that moves messages."""
    return Hand(found.pk, user_of(request).id, found.private_seen)


def folder(found: Mailbox, folder_id: int) -> FolderRef:
    """Return a folder of the mailbox."""
    ref = folder_of(found.pk, folder_id)
    if ref is None:
        raise NotFound
    return ref
