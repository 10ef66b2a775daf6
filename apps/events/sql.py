"""The trace's statements, each with one sentence above it."""

import functools

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

# The newest messages that have one of a few keys.
FIND = """
SELECT trace_id, max(at) FROM events_messageevent
 WHERE keys && %s::text[] AND at >= %s::timestamptz
 GROUP BY trace_id ORDER BY max(at) DESC LIMIT %s::int
"""

# One page of rows that have keys, newest first. Without `{kinds}`, a message is found by what other servers said, too.
_PAGE = """
SELECT trace_id, at, id, kind, detail::text FROM events_messageevent
 WHERE keys IS NOT NULL AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
       {conditions}
 ORDER BY at DESC, id DESC LIMIT %(limit)s::int
"""
# Where a message stands, as a number that grows with how well: at the recipient where it stands worst. Of several
# people's mail only the recipients within the reader's scope count, unless the message is the reader's own.
_STANDS = """AND kind <> 'refused' AND %(rank)s::int = (
         SELECT coalesce(min((%(ranks)s::jsonb ->> stand.kind)::int), %(unknown)s::int)
           FROM (SELECT DISTINCT ON (e.detail ->> 'recipient') e.kind
                   FROM events_messageevent e
                  WHERE e.trace_id = events_messageevent.trace_id AND e.at >= {since}
                        AND e.kind NOT IN ('accepted', 'refused', 'bounced') {theirs}
                  ORDER BY e.detail ->> 'recipient', e.at DESC, e.id DESC) stand)"""


def _within(address: str) -> str:
    return (
        f"lower({address}) = ANY(%(scope_addresses)s::text[])"
        f" OR split_part(lower({address}), '@', -1) = ANY(%(scope_domains)s::text[])"
    )


_THEIRS = f"""
                        AND ({_within("e.detail ->> 'recipient'")}
                             OR (e.detail ->> 'mailbox_id')::bigint = ANY(%(scope_mailboxes)s::bigint[])
                             OR EXISTS (SELECT FROM events_messageevent came
                                         WHERE came.trace_id = events_messageevent.trace_id
                                               AND came.kind = 'accepted'
                                               AND came.detail ->> 'origin' = 'submission'
                                               AND ({_within("came.detail ->> 'login'")}
                                                    OR {_within("came.detail ->> 'sender'")})))"""


def _stands(since: str, theirs: str) -> str:
    return _STANDS.replace("{since}", since).replace("{theirs}", theirs)


# Its own sender may look for it by everything that led to it; whoever else, by what they are told of it alone. Else a
# list that finds a message by somebody's address would tell whom else it was for.
_OWN = f"""kind = 'accepted' AND detail ->> 'origin' = 'submission'
            AND ({_within("detail ->> 'login'")} OR {_within("detail ->> 'sender'")})"""
_TO_THEM = """SELECT e.detail ->> 'recipient' FROM events_messageevent e
               WHERE e.trace_id = events_messageevent.trace_id
                     AND (e.detail ->> 'mailbox_id')::bigint = ANY(%(scope_mailboxes)s::bigint[])"""
_KNOWN = f"""AND (({_OWN}) OR NOT EXISTS (SELECT FROM unnest(%(strange)s::text[]) AS asked WHERE NOT EXISTS (
         SELECT FROM (SELECT detail ->> 'sender' UNION ALL SELECT detail ->> 'message_id'
                      UNION ALL SELECT detail ->> 'recipient' WHERE {_within("detail ->> 'recipient'")}
                      UNION ALL SELECT name FROM jsonb_array_elements_text(detail -> 'recipients') AS name
                                 WHERE {_within("name")} OR name IN ({_TO_THEM})
                      UNION ALL SELECT said FROM jsonb_each(detail -> 'written') AS as_written(name, texts),
                                                 jsonb_array_elements_text(texts) AS said
                                 WHERE {_within("name")} OR name IN ({_TO_THEM})) AS told(word)
          WHERE asked IN (left(btrim(lower(word), ' <>'), 400), '@' || split_part(lower(word), '@', -1)))))"""

_CONDITIONS = {
    "after": "AND (at, id) < (%(after_at)s::timestamptz, %(after_id)s::bigint)",
    "kinds": "AND kind IN ('accepted', 'refused')",
    "keys": "AND keys @> %(keys)s::text[]",
    "sender": "AND lower(detail ->> 'sender') = %(sender)s::text",
    "trace": "AND trace_id = %(trace_id)s::uuid",
    "scope": "AND keys && %(scope)s::text[]",
    "known": _KNOWN,
    # Where a colleague sat is told to nobody they wrote to.
    "host_theirs": f"AND (detail ->> 'origin' IS DISTINCT FROM 'submission' OR ({_OWN}))",
    "refused": "AND kind = 'refused'",
    # A kind that few messages have: whatever has none of it need not be looked at.
    "rare": """AND trace_id IN (SELECT trace_id FROM events_messageevent
                        WHERE at >= %(since)s::timestamptz AND kind = ANY(%(kinds)s::text[]))""",
    "outcome": _stands("events_messageevent.at", ""),
    "outcome_theirs": _stands("events_messageevent.at", _THEIRS),
    # Another server may be named days after the message came.
    "outcome_any": _stands("'-infinity'", ""),
    "outcome_any_theirs": _stands("'-infinity'", _THEIRS),
}


@functools.cache
def page(conditions: tuple[str, ...]) -> str:
    """Return the statement for one page under these conditions, named as in `_CONDITIONS`."""
    return _PAGE.format(conditions="\n       ".join(_CONDITIONS[name] for name in conditions))


# How messages came in.
BEGINNINGS = """
SELECT DISTINCT ON (trace_id) trace_id, detail::text FROM events_messageevent
 WHERE trace_id = ANY(%s::uuid[]) AND kind = 'accepted' ORDER BY trace_id, at, id
"""

# Where messages stand: the last thing known about each recipient.
STANDING = """
SELECT DISTINCT ON (trace_id, detail ->> 'recipient') trace_id, kind, detail ->> 'recipient',
       (detail ->> 'mailbox_id')::bigint
  FROM events_messageevent
 WHERE trace_id = ANY(%s::uuid[]) AND at >= %s::timestamptz AND kind NOT IN ('accepted', 'refused', 'bounced')
 ORDER BY trace_id, detail ->> 'recipient', at DESC, id DESC LIMIT %s::int
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

# What PostgreSQL says of itself: version, bytes of this database, clients and how many there may be, since when.
SERVER = """
SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database()),
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, pg_postmaster_start_time()
"""

# Messages that came, went and were refused, for each of the last 24 hours; many refusals may be one row.
TRAFFIC = """
SELECT what, ago, sum(n)::int FROM (
    SELECT CASE WHEN kind = 'refused' THEN 'refused' WHEN detail ->> 'origin' = 'mx' THEN 'received'
                WHEN detail ->> 'origin' = 'submission' THEN 'sent' END AS what,
           floor(extract(epoch FROM now() - at) / 3600)::int AS ago, coalesce((detail ->> 'count')::int, 1) AS n
      FROM events_messageevent
     WHERE at > now() - interval '24 hours' AND at <= now() AND kind IN ('accepted', 'refused')) AS counted
 WHERE what IS NOT NULL GROUP BY 1, 2
"""

# The same of what is for or from some domains: sent by them, else received or refused for them.
TRAFFIC_OF = """
SELECT what, ago, count(*)::int FROM (
    SELECT CASE WHEN kind = 'refused' THEN
                     CASE WHEN lower(split_part(detail ->> 'recipient', '@', 2)) = ANY(%(domains)s::text[])
                          THEN 'refused' END
                WHEN detail ->> 'origin' = 'submission'
                     AND lower(split_part(detail ->> 'sender', '@', 2)) = ANY(%(domains)s::text[]) THEN 'sent'
                WHEN detail ->> 'origin' IN ('mx', 'submission')
                     AND EXISTS (SELECT FROM jsonb_array_elements_text(detail -> 'recipients') AS r
                                  WHERE lower(split_part(r, '@', 2)) = ANY(%(domains)s::text[])) THEN 'received'
           END AS what, floor(extract(epoch FROM now() - at) / 3600)::int AS ago
      FROM events_messageevent
     WHERE keys && %(keys)s::text[] AND at > now() - interval '24 hours' AND at <= now()
       AND kind IN ('accepted', 'refused')) AS counted
 WHERE what IS NOT NULL GROUP BY 1, 2
"""
