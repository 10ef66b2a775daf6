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

# The partitions of a table by day, each with the day it holds.
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = %s::text::regclass AND c.relname ~ '_[0-9]{8}$' ORDER BY c.relname
"""


def late_days(table: str, column: str) -> str:
    """Return the statement for days whose rows the default partition caught."""
    return f"SELECT DISTINCT ({column} AT TIME ZONE 'UTC')::date FROM {table}_default"


# One hand at a time changes the partitions of a table.
PARTITION_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(%s::text))"

# What PostgreSQL says of itself: version, bytes of this database, clients and how many there may be, since when.
SERVER = """
SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database()),
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, pg_postmaster_start_time()
"""

# How far the sums reach, and what time it is.
# Where the row is gone, all is read exactly.
TALLY_REACH = "SELECT now(), coalesce((SELECT until FROM events_tallied), now() - interval '2 days')"

# One hand at a time sums up.
TALLY_LOCK = "SELECT until FROM events_tallied FOR UPDATE SKIP LOCKED"

# What is later may still be written: a row bears the time at which its transaction began. PostgreSQL shows a role the
# times of its own sessions, and all that write the trace are of ours.
TALLY_SETTLED = """
SELECT least(min(xact_start), now() - %s::interval) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend'
"""

# What is counted, of one stretch of the trace: an index by time has what can be found by keys, another the rest.
_OF_KEYS = """
SELECT at, kind, detail FROM events_messageevent
 WHERE keys IS NOT NULL AND kind IN ('accepted', 'refused') AND at >= {begin} AND at < {end}"""
_EVENTS = f"""{_OF_KEYS}
UNION ALL
SELECT at, kind, detail FROM events_messageevent
 WHERE keys IS NULL AND kind IN ('accepted', 'refused') AND at >= {{begin}} AND at < {{end}}"""
# A message is received or refused for the domains of its recipients; what is written by a submission is its sender's.
_KIND = "CASE WHEN kind = 'refused' THEN 'refused' WHEN detail ->> 'origin' IN ('mx', 'submission') THEN detail ->> 'origin' END"
_SENDER = "CASE WHEN kind = 'accepted' AND detail ->> 'origin' = 'submission' THEN lower(split_part(detail ->> 'sender', '@', 2)) END"
_RECIPIENTS = """ARRAY(SELECT DISTINCT lower(split_part(r, '@', 2)) AS name
                    FROM jsonb_array_elements_text(CASE WHEN kind = 'refused' THEN jsonb_build_array(detail -> 'recipient')
                         WHEN jsonb_typeof(detail -> 'recipients') = 'array' THEN detail -> 'recipients' END) AS r
                   WHERE lower(split_part(r, '@', 2)) = ANY(%(domains)s::text[]) ORDER BY name)"""

# Sum up a stretch: of everything, and of what concerns the domains we serve. What is sent by one of them to none of the
# others, and what is received or refused for one alone, is of that domain; the rest keeps whom it is of.
TALLY_ADD = f"""
WITH counted AS (
    SELECT date_bin('5 minutes', at, 'epoch') AS slot, {_KIND} AS kind,
           CASE WHEN {_SENDER} = ANY(%(domains)s::text[]) THEN {_SENDER} END AS sender, {_RECIPIENTS} AS recipients,
           coalesce((detail ->> 'count')::int, 1) AS n
      FROM ({_EVENTS.format(begin="%(begin)s::timestamptz", end="%(end)s::timestamptz")}) AS events),
told AS (
    SELECT slot, kind, sender, recipients, n,
           CASE WHEN sender IS NULL AND kind = 'submission' THEN 'mx' ELSE kind END AS told,
           CASE WHEN recipients <@ ARRAY[sender] THEN sender
                WHEN sender IS NULL AND cardinality(recipients) = 1 THEN recipients[1] END AS domain
      FROM counted WHERE kind IS NOT NULL),
laid_out AS (
    SELECT slot, kind, told, domain, n, CASE WHEN domain IS NULL THEN sender END AS sender,
           CASE WHEN domain IS NULL THEN recipients END AS recipients
      FROM told)
INSERT INTO events_tally (at, kind, domain, sender, recipients, count)
SELECT slot, coalesce(kind, told), domain, sender, recipients, sum(n)
  FROM laid_out
 GROUP BY GROUPING SETS ((slot, kind), (slot, told, domain, sender, recipients))
HAVING GROUPING(domain) = 1 OR domain IS NOT NULL OR sender IS NOT NULL OR recipients <> '{{}}'
"""

# Say how far it reaches now.
TALLY_REACHED = "UPDATE events_tallied SET until = %s::timestamptz"

# Sums older than anybody looks.
TALLY_FORGET = "DELETE FROM events_tally WHERE at < %s::timestamptz - interval '25 hours'"


def _exactly(events: str) -> str:
    """Return the stretches that no sums tell of: the first and the last, and where the last hour begins."""
    return "\nUNION ALL".join(
        events.format(begin=f"%({name}_begin)s::timestamptz", end=f"%({name}_end)s::timestamptz")
        for name in ("first", "edge", "last")
    )


_AGO = "floor(extract(epoch FROM %(now)s::timestamptz - at) / 3600)::int"
# The sums of whole stretches, but for the one in which the last hour begins; each counts by its middle.
_SUMS = """at >= %(first_end)s::timestamptz AND at < %(last_begin)s::timestamptz
               AND NOT (at >= %(edge_begin)s::timestamptz AND at < %(edge_end)s::timestamptz)"""
_AGO_OF_SUM = "floor(extract(epoch FROM %(now)s::timestamptz - at - interval '150 seconds') / 3600)::int"

# Messages that came, went and were refused, for each of the last 24 hours; many refusals may be one row.
TRAFFIC = f"""
SELECT what, ago, sum(n)::int FROM (
    SELECT {_KIND} AS what, {_AGO} AS ago, coalesce((detail ->> 'count')::int, 1) AS n
      FROM ({_exactly(_EVENTS)}) AS events
    UNION ALL
    SELECT kind, {_AGO_OF_SUM}, count FROM events_tally
     WHERE domain IS NULL AND recipients IS NULL AND {_SUMS}) AS counted
 WHERE what IS NOT NULL GROUP BY 1, 2
"""


def _of(events: str) -> str:
    """Return the statement for some domains: a message is sent by them, or else received or refused for them."""
    return f"""
SELECT CASE kind WHEN 'refused' THEN kind WHEN 'submission' THEN kind ELSE 'mx' END, ago, sum(n)::int FROM (
    SELECT CASE WHEN sender = ANY(%(domains)s::text[]) THEN 'submission'
                WHEN recipients && %(domains)s::text[] THEN CASE kind WHEN 'refused' THEN kind ELSE 'mx' END END AS kind,
           ago, n
      FROM (SELECT {_KIND} AS kind, {_SENDER} AS sender, {_RECIPIENTS} AS recipients, {_AGO} AS ago, 1 AS n
              FROM ({_exactly(events)}) AS events
             UNION ALL
            SELECT kind, sender, recipients, {_AGO_OF_SUM}, count FROM events_tally
             WHERE recipients IS NOT NULL AND {_SUMS}) AS each
     WHERE kind IS NOT NULL
    UNION ALL
    SELECT kind, {_AGO_OF_SUM}, count FROM events_tally
     WHERE domain = ANY(%(domains)s::text[]) AND {_SUMS}) AS counted
 WHERE kind IS NOT NULL GROUP BY 1, 2
"""


# The same of what is for or from a few domains: what an index of their keys finds.
TRAFFIC_OF = _of(_OF_KEYS + " AND keys && %(keys)s::text[]")

# The same of so many domains that it is quicker to look at everything than to compare keys.
TRAFFIC_OF_MANY = _of(_OF_KEYS)
