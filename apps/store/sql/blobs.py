"""Statements on blobs."""

# Adds blobs; one that is there stays, and is made young so that the sweep spares it, at most twice a day. But of one
# in a segment the bytes that came are on the disk again by now, and known to be good: the row names those from now on,
# whatever became of the others. So a lost or damaged segment heals as its mail comes again, and nobody has to look.
INSERT_BLOBS = """
INSERT INTO store_blob AS b
  (organisation_id, hash, size, codec, key_id, store, location, position, stored_size, data)
SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::bigint[], %s::smallint[], %s::int[], %s::smallint[],
                     %s::text[], %s::bigint[], %s::bigint[], %s::bytea[])
ON CONFLICT (organisation_id, hash) DO UPDATE SET created_at = now(),
  codec = CASE WHEN b.store = 1 THEN excluded.codec ELSE b.codec END,
  key_id = CASE WHEN b.store = 1 THEN excluded.key_id ELSE b.key_id END,
  store = CASE WHEN b.store = 1 THEN excluded.store ELSE b.store END,
  location = CASE WHEN b.store = 1 THEN excluded.location ELSE b.location END,
  position = CASE WHEN b.store = 1 THEN excluded.position ELSE b.position END,
  stored_size = CASE WHEN b.store = 1 THEN excluded.stored_size ELSE b.stored_size END,
  data = CASE WHEN b.store = 1 THEN excluded.data ELSE b.data END
  WHERE b.store = 1 OR b.created_at < now() - interval '12 hours'
"""

# Says where a damaged blob was found again, unless it was mended meanwhile.
FOUND_AGAIN = """
UPDATE store_blob SET location = %(segment)s, position = %(position)s, stored_size = %(stored_size)s,
                      codec = %(codec)s, key_id = %(key_id)s
WHERE organisation_id = %(organisation_id)s AND hash = %(hash)s AND location = %(was)s
"""

# Finds blobs by organisation and hash.
GET_BLOBS = """
SELECT b.organisation_id, b.hash, b.size, b.codec, b.key_id, b.store, b.location, b.position, b.stored_size, b.data
FROM unnest(%s::bigint[], %s::bytea[]) AS k (organisation_id, hash)
JOIN store_blob b USING (organisation_id, hash)
"""
