"""The statements of a search over a folder or a mailbox, newest first, a stretch at a time."""

from . import compose

# How far a stretch of messages reaches down from a place, and how many there are in it.
_STRETCH = """
SELECT coalesce(min(t.place), 0)::bigint, count(*)::int FROM (
  SELECT m.{place} AS place FROM store_message m
  WHERE m.mailbox_id = %(mailbox)s::bigint AND {folder} m.{place} < %(below)s::bigint
  ORDER BY m.{place} DESC LIMIT %(stretch)s::bigint) t
"""

# Messages of a stretch that may be meant; how the rows see each leaf; and what is needed to look at the rest.
_CANDIDATES = """
SELECT m.folder_id, m.uid, m.modseq, {flags}, m.more_kw, m.internaldate, m.size, c.id, c.thread_id, c.sent_at,
       c.has_attachment, c.subject, c.from_addr, c.to_addr, c.preview,
       CASE WHEN octet_length(c.envelope) <= 65536 THEN c.envelope END, 0,
       {known}, {structure}, c.organisation_id, c.blob_hash, c.prefix
FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %(mailbox)s::bigint AND m.folder_id = ANY(%(folders)s::bigint[])
  AND m.{place} >= %(low)s::bigint AND m.{place} < %(below)s::bigint AND {needs}
ORDER BY m.{place} DESC, m.folder_id LIMIT %(most)s::bigint
"""

# The folders of a mailbox, to find those that were typed.
FOLDERS = "SELECT id, name, special_use FROM store_folder WHERE mailbox_id = %s::bigint ORDER BY id"


def stretch(*, by_uid: bool) -> str:
    """Return the statement that measures a stretch: of a folder by uid, or of a mailbox by content."""
    folder = "m.folder_id = %(folder)s::bigint AND"
    return compose(_STRETCH, place="uid" if by_uid else "content_id", folder=folder if by_uid else "")


def candidates(*, by_uid: bool, needs: str, known: str, flags: str, structure: bool) -> str:
    """Return the statement that finds candidates."""
    return compose(
        _CANDIDATES,
        place="uid" if by_uid else "content_id",
        needs=needs,
        known=known,
        flags=flags,
        structure="c.structure" if structure else "NULL",
    )
