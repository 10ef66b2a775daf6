"""Messages that somebody answers, forwards or goes on writing: found by who may read them, and by nobody else."""

from apps.events.transactions import Plan, perform, query
from apps.mailboxes.queries import Reachable, mailboxes_of
from apps.organisations.errors import NotFoundError
from apps.store import blobs
from apps.store.blobs import BlobRef

from . import sql


def reach(user_id: int, mailbox_id: int, right: str) -> Reachable:
    """Return a mailbox a user may use so; NotFoundError otherwise, for nobody is told what others have."""
    for mailbox in mailboxes_of(user_id):
        if mailbox.mailbox_id == mailbox_id and right in mailbox.rights:
            return mailbox
    raise NotFoundError("there is no such mailbox")


def body_of(*, user_id: int, mailbox_id: int, content_id: int) -> bytes:
    """Return the bytes of a message; NotFoundError if the user may not read it, or there is none."""
    reach(user_id, mailbox_id, "read")
    found = perform(body(mailbox_id, content_id))
    if found is None:
        raise NotFoundError("there is no such message")
    return found


def whole(mailbox_id: int, content_id: int) -> Plan[bytes | None]:
    """Return a message as IMAP shows it, with what delivery put above it."""
    rows = yield from query(sql.CONTENT, (mailbox_id, content_id))
    if not rows:
        return None
    [(organisation_id, digest, size, prefix)] = rows
    return bytes(prefix) + (yield from blobs.get(BlobRef(organisation_id, digest, size - len(prefix))))


def body(mailbox_id: int, content_id: int) -> Plan[bytes | None]:
    """Return the bytes of a message, without what delivery put above them."""
    rows = yield from query(sql.CONTENT, (mailbox_id, content_id))
    if not rows:
        return None
    [(organisation_id, digest, size, prefix)] = rows
    return (yield from blobs.get(BlobRef(organisation_id, digest, size - len(prefix))))
