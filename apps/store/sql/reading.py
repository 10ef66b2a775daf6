"""The statements that read folders fast: state, log, snapshots and packs. Writers' statements are elsewhere."""

from . import compose

# A folder's row with the names of its mailbox's keywords, and its snapshot if that can still be replayed.
OPEN_FOLDER = """
SELECT f.uidvalidity, f.uidnext, f.modseq, f.n_messages,
       (SELECT array_agg(k.bit || ':' || k.name ORDER BY k.bit) FROM store_keyword k WHERE k.mailbox_id = f.mailbox_id),
       s.modseq, s.n, s.codec, s.key_id, s.data
FROM store_folder f
LEFT JOIN store_snapshot s ON s.folder_id = f.id AND s.uidvalidity = f.uidvalidity
  AND s.modseq BETWEEN f.log_floor AND f.modseq
WHERE f.id = %s::bigint AND f.mailbox_id = %s::bigint
"""

# Every message of a folder, in the order of uids.
ALL_FLAGS = """
SELECT uid, flags, modseq, more_kw FROM store_message
WHERE mailbox_id = %s::bigint AND folder_id = %s::bigint ORDER BY uid
"""

# What happened since a modseq, with where the folder stands, as of one moment; one line without a log if nothing.
SINCE = """
SELECT f.uidvalidity, f.uidnext, f.modseq, f.log_floor, l.modseq, l.op, l.mask, l.names, l.uids::text
FROM store_folder f
LEFT JOIN LATERAL (
  SELECT modseq, part, op, mask, names, uids FROM store_folderlog
  WHERE mailbox_id = %(mailbox)s::bigint AND folder_id = %(folder)s::bigint AND modseq > %(since)s::bigint
  ORDER BY modseq, part LIMIT %(limit)s::bigint
) l ON true
WHERE f.id = %(folder)s::bigint AND f.mailbox_id = %(mailbox)s::bigint
ORDER BY l.modseq, l.part
"""

# Where several folders stand, to find those whose hint was lost.
STANDINGS = "SELECT id, uidvalidity, modseq FROM store_folder WHERE id = ANY(%s::bigint[])"

# Keeps a snapshot unless a newer one is there. Whoever deletes the folder meanwhile waits, or was waited for.
KEEP_SNAPSHOT = """
INSERT INTO store_snapshot AS s (folder_id, uidvalidity, modseq, n, codec, key_id, data)
SELECT f.id, %s::bigint, %s::bigint, %s::int, 1, 0, %s FROM store_folder f WHERE f.id = %s::bigint FOR KEY SHARE
ON CONFLICT (folder_id) DO UPDATE
SET uidvalidity = excluded.uidvalidity, modseq = excluded.modseq, n = excluded.n,
    codec = excluded.codec, key_id = excluded.key_id, data = excluded.data
WHERE s.uidvalidity <> excluded.uidvalidity OR s.modseq < excluded.modseq
"""

# Folders after an id, with what a builder must know: what they hold, and where snapshot and packs end.
FOLDERS_TO_BUILD = """
SELECT f.mailbox_id, f.id, f.n_messages, f.uidnext, f.modseq, f.log_floor, coalesce(s.modseq, 0),
       coalesce(p.packed, 0), coalesce(p.packs, 0)
FROM store_folder f
LEFT JOIN store_snapshot s ON s.folder_id = f.id AND s.uidvalidity = f.uidvalidity
LEFT JOIN LATERAL (SELECT max(last_uid) AS packed, count(*)::int AS packs FROM store_pack
  WHERE mailbox_id = f.mailbox_id AND folder_id = f.id AND kind = 0) p ON true
WHERE f.id > %s::bigint ORDER BY f.id LIMIT %s::bigint
"""

# Packs that hold uids of a range, a few at a time; the texts are left where they are when `texts` is false.
PACKS = """
SELECT first_uid, last_uid, codec, key_id, idx, CASE WHEN %(texts)s::boolean THEN data END FROM store_pack
WHERE mailbox_id = %(mailbox)s::bigint AND folder_id = %(folder)s::bigint AND kind = 0
  AND first_uid >= coalesce((SELECT max(first_uid) FROM store_pack
        WHERE mailbox_id = %(mailbox)s::bigint AND folder_id = %(folder)s::bigint AND kind = 0
          AND first_uid <= %(low)s::bigint), 0)
  AND first_uid <= %(high)s::bigint AND last_uid >= %(low)s::bigint
ORDER BY first_uid LIMIT %(limit)s::bigint
"""

# Lets one builder at a time work on a folder, until its transaction ends.
ONE_BUILDER = "SELECT pg_try_advisory_xact_lock(7021, hashint8(%s::bigint))"

# The last pack of a folder, without its texts.
LAST_PACK = """
SELECT first_uid, last_uid, codec, key_id, idx FROM store_pack
WHERE mailbox_id = %s::bigint AND folder_id = %s::bigint AND kind = 0 ORDER BY first_uid DESC LIMIT 1
"""

# Drops all packs of a folder; its snapshot; the packs from a uid on.
DROP_PACKS = "DELETE FROM store_pack WHERE mailbox_id = %s::bigint AND folder_id = %s::bigint"
DROP_SNAPSHOT = "DELETE FROM store_snapshot WHERE folder_id = %s::bigint"
DROP_PACK = f"{DROP_PACKS} AND kind = 0 AND first_uid >= %s::bigint"

# Keeps a pack, if the folder is still there.
KEEP_PACK = """
INSERT INTO store_pack (mailbox_id, folder_id, kind, first_uid, last_uid, codec, key_id, idx, data)
SELECT f.mailbox_id, f.id, 0, %s::bigint, %s::bigint, 1, 0, %s, %s
FROM store_folder f WHERE f.mailbox_id = %s::bigint AND f.id = %s::bigint FOR KEY SHARE
ON CONFLICT (mailbox_id, folder_id, kind, first_uid) DO UPDATE
SET last_uid = excluded.last_uid, codec = excluded.codec, key_id = excluded.key_id,
    idx = excluded.idx, data = excluded.data
"""

_RANGE = "BETWEEN %s::bigint AND %s::bigint"
_EACH = "= ANY(%s::bigint[])"
_LIGHT = "octet_length(c.envelope) + octet_length(c.structure) <= 16384"
_TEXTS = "c.envelope, c.structure"
_LIGHT_TEXTS = f"CASE WHEN {_LIGHT} THEN c.envelope END, CASE WHEN {_LIGHT} THEN c.structure END"
_WIRES = """
SELECT m.uid, m.size, m.internaldate, c.sent_at, c.id, {texts}
FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint AND m.uid {uids} {light}
ORDER BY m.uid LIMIT %s::bigint
"""

# What is packed of each message of a range of uids, in their order. A heavy one is not packed: whoever sends a
# thousand of them must not make us hold a thousand of them at once.
WIRES_TO_PACK = compose(_WIRES, texts=_TEXTS, uids=_RANGE, light=f"AND {_LIGHT}")

# The same of all messages, of heavy ones without their texts.
WIRES = compose(_WIRES, texts=_LIGHT_TEXTS, uids=_RANGE, light="")

# The same of messages that lie far apart.
WIRES_OF = compose(_WIRES, texts=_LIGHT_TEXTS, uids=_EACH, light="")

# The same of a few messages, however heavy.
HEAVY_WIRES_OF = compose(_WIRES, texts=_TEXTS, uids=_EACH, light="")

# Everything needed to read parts of messages: where the bytes are, and where the parts are in them.
LOCATED = """
SELECT m.uid, c.id, c.organisation_id, c.blob_hash, c.size, c.prefix, c.parts
FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint AND m.uid BETWEEN %s::bigint AND %s::bigint
ORDER BY m.uid LIMIT %s::bigint
"""

# The same of messages that lie far apart.
LOCATED_OF = LOCATED.replace(_RANGE, _EACH)

# One blob by constants: its partition is chosen once, where a join plans for all sixteen.
ONE_BLOB = """
SELECT size, codec, store, stored_size, data, location, position, key_id FROM store_blob
WHERE organisation_id = %s::bigint AND hash = %s::bytea
"""

# Which uids are gone since a modseq, and since when that is known exactly.
VANISHED = """
SELECT f.modseq, f.expunge_floor,
       (SELECT range_agg(l.uids)::text FROM store_folderlog l WHERE l.mailbox_id = f.mailbox_id
          AND l.folder_id = f.id AND l.modseq > %s::bigint AND l.op = 5)
FROM store_folder f WHERE f.id = %s::bigint AND f.mailbox_id = %s::bigint
"""

# The folders of a mailbox with their counters.
FOLDERS = """
SELECT id, name, special_use, uidvalidity, uidnext, modseq, n_messages, n_unseen, n_bytes
FROM store_folder WHERE mailbox_id = %s::bigint ORDER BY name
"""

# What leads from a message to its story.
ORIGINS = """
SELECT trace_id, envelope FROM store_content WHERE mailbox_id = %s::bigint AND id = %s::bigint
"""
