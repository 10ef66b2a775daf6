"""All messages of a conversation, wherever in the mailbox they are."""

from apps.events.transactions import Plan, ask, query

from .flags import SEEN
from .message_rows import MessageRow, row_of
from .ranges import parse_multirange
from .sql import lists as sql

MOST = 500
"""Of a longer conversation, the latest so many."""


def conversation(
    mailbox_id: int,
    *,
    thread_id: int | None = None,
    content_id: int | None = None,
    opened_from: int = 0,
    user_id: int = 0,
) -> list[MessageRow]:
    """Return the messages of a conversation in the order of their dates, each once; empty if there is none.

    It is named by its thread or by one of its messages. What is in Trash or Junk belongs to it only if it was opened
    from that folder. `user_id` is given where the mailbox keeps read marks for each member.
    """
    return ask(_conversation(mailbox_id, thread_id, content_id, opened_from, user_id))


def _conversation(
    mailbox_id: int, thread_id: int | None, content_id: int | None, opened_from: int, user_id: int
) -> Plan[list[MessageRow]]:
    if thread_id is None:
        found = yield from query(sql.THREAD_OF, [mailbox_id, content_id])
        if not found:
            return []
        thread_id = found[0][0]
    params = {"mailbox": mailbox_id, "thread": thread_id, "folder": opened_from, "limit": 2 * MOST}
    rows = yield from query(sql.CONVERSATION, params)
    names = yield from query(sql.KEYWORDS, [mailbox_id])
    read: dict[int, list[tuple[int, int]]] = {}
    if user_id and rows:
        found = yield from query(sql.READ_IN, [user_id, sorted({row[0] for row in rows})])
        read = {folder_id: parse_multirange(uids) for folder_id, uids in found}
    keywords: dict[int, str] = dict(names)
    # A copy of one's own by way of a list is the same message; one that only claims the same id is shown, too.
    kept: dict[object, MessageRow] = {}
    for row in rows:
        flags = row[3]
        if user_id:
            mark = any(low <= row[1] <= high for low, high in read.get(row[0], []))
            flags = flags & ~SEEN | (SEEN if mark else 0)
        made = row_of(row, keywords, flags=flags)
        same = row[17] and (row[17], made.sender.address, made.subject, made.preview)
        known = kept.get(made.content_id) or (kept.get(same) if same else None)
        if known is None or (known.folder_id != opened_from and made.folder_id == opened_from):
            if known is not None:
                kept = {key: value for key, value in kept.items() if value is not known}
            kept[made.content_id] = made
            if same:
                kept[same] = made
    unique = list({made.content_id: made for made in kept.values()}.values())
    unique.sort(key=lambda made: (made.date, made.content_id))
    return unique[-MOST:]
