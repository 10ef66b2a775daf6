"""The trace's statements, each with one sentence above it."""

# Append events in the caller's transaction; the time is the transaction's.
RECORD = """
INSERT INTO events_messageevent (trace_id, kind, organisation_id, keys, detail)
SELECT trace_id, kind, organisation_id, string_to_array(keys, E'\\x1f'), detail::jsonb
  FROM unnest(%b::uuid[], %b::text[], %b::bigint[], %b::text[], %b::text[])
       AS t(trace_id, kind, organisation_id, keys, detail)
"""

# Everything known about one message, oldest first.
STORY = """
SELECT at, kind, organisation_id, detail::text FROM events_messageevent
 WHERE trace_id = %s::uuid AND at >= %s::timestamptz ORDER BY at, id LIMIT %s::int
"""

# The newest messages that name a Message-ID or an address.
FIND = """
SELECT trace_id, max(at) FROM events_messageevent
 WHERE keys @> ARRAY[%s::text] AND at >= %s::timestamptz
 GROUP BY trace_id ORDER BY max(at) DESC LIMIT %s::int
"""

# The partitions of the trace, each with the day it holds.
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'events_messageevent'::regclass AND c.relname ~ '_[0-9]{8}$' ORDER BY c.relname
"""

# Days whose rows the default partition caught.
LATE_DAYS = "SELECT DISTINCT (at AT TIME ZONE 'UTC')::date FROM events_messageevent_default"

# One hand at a time changes partitions.
PARTITION_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('events_partitions'))"
