"""The statements behind a list of messages as a person sees it."""

from . import compose, reading, seen

# How a row of a list is made. A conversation is counted up to a hundred, and without what was thrown away.
_ROW = r"""
m.folder_id, m.uid, m.modseq, m.flags, m.more_kw, m.internaldate, m.size, c.id, c.thread_id, c.sent_at,
c.has_attachment, c.subject, c.from_addr, c.to_addr, c.preview,
CASE WHEN octet_length(c.envelope) <= 16384 THEN c.envelope END
"""
_COUNT = r"""
(SELECT count(*)::int FROM (
  SELECT DISTINCT x.id FROM store_content x
  JOIN store_message y ON y.mailbox_id = x.mailbox_id AND y.content_id = x.id
  JOIN store_folder f ON f.id = y.folder_id
  WHERE x.mailbox_id = m.mailbox_id AND x.thread_id = c.thread_id
    AND (f.special_use NOT IN ('\Trash', '\Junk') OR f.id = m.folder_id) LIMIT 100) t)
"""

# Rows of a list, by uid.
ROWS = compose(
    """
SELECT {row}, {count} FROM store_message m
JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint AND m.uid = ANY(%s::bigint[])
""",
    row=_ROW,
    count=_COUNT,
)

# The messages of a conversation, wherever they are but in Trash and Junk, unless it was opened there.
CONVERSATION = compose(
    r"""
SELECT {row}, 0, c.message_id_hash, f.special_use
FROM store_content c JOIN store_message m ON m.mailbox_id = c.mailbox_id AND m.content_id = c.id
JOIN store_folder f ON f.id = m.folder_id
WHERE c.mailbox_id = %(mailbox)s::bigint AND c.thread_id = %(thread)s::bigint
  AND (f.special_use NOT IN ('\Trash', '\Junk') OR f.id = %(folder)s::bigint)
ORDER BY c.id DESC, f.id = %(folder)s::bigint DESC, m.folder_id, m.uid LIMIT %(limit)s::bigint
""",
    row=_ROW,
)

# The conversation of a message, by the message's id.
THREAD_OF = "SELECT thread_id FROM store_content WHERE mailbox_id = %s::bigint AND id = %s::bigint"

# Which conversations became one after a certain merge (kind 0), and what never changes of a folder's messages, of those
# after a uid (kind 1). One statement, so that both are of one moment.
FACTS = """
SELECT 0, id, old, new, 0::bigint, false FROM store_threadmerge
WHERE mailbox_id = %(mailbox)s::bigint AND id > %(merge)s::bigint
UNION ALL
SELECT 1, m.uid, c.thread_id, coalesce(c.sent_at, m.internaldate), m.size, c.has_attachment
FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %(mailbox)s::bigint AND m.folder_id = %(folder)s::bigint AND m.uid > %(after)s::bigint
"""

_SORTED = """
SELECT m.uid FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint ORDER BY {key}, m.uid
"""

# The uids of a folder in the order of senders, or of subjects without what answers put before them.
SORTED = {
    "from": compose(_SORTED, key="lower(c.from_addr)"),
    "subject": compose(
        _SORTED, key=r"regexp_replace(lower(c.subject), '^((re|fwd?|aw|wg|sv|tr)(\[\d+\])?:\s*)+', '')"
    ),
}

# The names of a mailbox's keyword bits.
KEYWORDS = "SELECT bit::int, name FROM store_keyword WHERE mailbox_id = %s::bigint"

_WITH_KEYWORDS = """
SELECT t.*, ARRAY(SELECT name FROM store_keyword WHERE mailbox_id = %s::bigint ORDER BY bit) FROM ({folders}) t
"""
# The folders of a mailbox, each row with the names of all its keywords; with everybody's read marks, or with a user's.
FOLDERS_AND_KEYWORDS = compose(_WITH_KEYWORDS, folders=reading.FOLDERS)
MY_FOLDERS_AND_KEYWORDS = compose(_WITH_KEYWORDS, folders=seen.FOLDERS)

# What a user has read in several folders.
READ_IN = """
SELECT folder_id, uids::text FROM store_seen WHERE user_id = %s::bigint AND folder_id = ANY(%s::bigint[])
"""

# Whether a mailbox has a folder; and the folder of a special use.
HAS_FOLDER = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND id = %s::bigint"
BY_SPECIAL_USE = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND special_use = %s::text"
