"""Statements on blobs."""

# Adds blobs; one that is there stays, and is made young so that the sweep spares it, at most twice a day.
INSERT_BLOBS = """
INSERT INTO store_blob AS b
  (organisation_id, hash, size, codec, key_id, store, location, position, stored_size, data)
SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::bigint[], %s::smallint[], %s::int[], %s::smallint[],
                     %s::text[], %s::bigint[], %s::bigint[], %s::bytea[])
ON CONFLICT (organisation_id, hash) DO UPDATE SET created_at = now()
  WHERE b.created_at < now() - interval '12 hours'
"""

# Finds blobs by organisation and hash.
GET_BLOBS = """
SELECT b.organisation_id, b.hash, b.size, b.codec, b.key_id, b.store, b.location, b.position, b.stored_size, b.data
FROM unnest(%s::bigint[], %s::bytea[]) AS k (organisation_id, hash)
JOIN store_blob b USING (organisation_id, hash)
"""
