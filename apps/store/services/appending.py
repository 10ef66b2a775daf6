"""One message put into a folder by hand, as IMAP's APPEND does: for pages and the API."""

from dataclasses import replace
from datetime import datetime

from apps.events.transactions import perform
from apps.protocols.mime.scan import scan
from apps.store.flags import SEEN, Flags
from apps.store.values import FolderRef, MessageFacts, NewMessage, NoFolder, OverQuota, Placed

from . import messages


def append_one(
    organisation_id: int,
    folder: FolderRef,
    body: bytes,
    *,
    flags: Flags,
    received_at: datetime,
    reader: int = 0,
) -> Placed | OverQuota | NoFolder:
    r"""Keep a message byte for byte, within the quota.

    `reader` is given where the mailbox keeps read marks for each member: then \Seen is that user's own.
    """
    is_seen = bool(flags.mask & SEEN)
    item = NewMessage(
        organisation_id=organisation_id,
        mailbox_id=folder.mailbox_id,
        folder_id=folder.folder_id,
        body=body,
        facts=MessageFacts.of(scan(body, text_limit=0)),
        internaldate=int(received_at.timestamp()),
        flags=replace(flags, mask=flags.mask & ~SEEN) if reader else flags,
        seen_by=reader if is_seen else 0,
    )
    [placed] = perform(messages.append([item], enforce_quota=True))
    return placed
