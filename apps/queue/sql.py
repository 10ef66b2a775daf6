"""The queue's statements, each with one sentence above it. Times are the database's own: one clock decides."""

# Keep a batch of messages and their recipients; recipients name their message by its place in the batch.
ENQUEUE = """
WITH m AS MATERIALIZED (
    SELECT nextval('queue_message_id_seq') AS id, t.*
      FROM unnest(%b::bigint[], %b::bytea[], %b::int[], %b::bytea[], %b::text[], %b::text[], %b::uuid[],
                  %b::bytea[], %b::bool[], %b::bool[], %b::bool[], %b::text[], %b::text[], %b::smallint[],
                  %b::text[], %b::timestamptz[], %b::text[], %b::text[])
           WITH ORDINALITY AS t(organisation_id, blob_hash, size, facts, sender, verdict, trace_id, prefix,
                                smtputf8, eight_bit, requiretls, ret, envid, priority, origin, accepted_at, held, evidence,
                                place)),
 kept AS (
    INSERT INTO queue_message (id, organisation_id, blob_hash, size, facts, sender, verdict, trace_id, prefix,
                               smtputf8, eight_bit, requiretls, ret, envid, priority, origin, accepted_at, evidence)
    SELECT id, organisation_id, blob_hash, size, facts, sender, verdict::jsonb, trace_id, prefix, smtputf8,
           eight_bit, requiretls, ret, envid, priority, origin, accepted_at, evidence::jsonb FROM m),
 addressed AS (
    INSERT INTO queue_recipient (message_id, lane, address, domain, mailbox_id, orcpt, notify, priority, size, state,
                                 last_reply)
    SELECT m.id, r.lane, r.address, r.domain, r.mailbox_id, r.orcpt, r.notify, m.priority, m.size,
           CASE WHEN m.held = '' THEN 'queued' ELSE 'held' END, m.held
      FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::text[])
           AS r(place, lane, address, domain, mailbox_id, orcpt, notify)
      JOIN m USING (place))
SELECT id FROM m ORDER BY place
"""

_PARCEL = """
SELECT c.id, c.message_id, c.attempts, c.address, c.lane, c.domain, c.mailbox_id, c.orcpt, c.notify,
       m.organisation_id, m.sender, m.smtputf8, m.eight_bit, m.requiretls, m.ret, m.envid, m.blob_hash, m.size,
       m.facts, m.prefix, m.verdict::text, m.evidence::text, m.trace_id, m.origin, m.priority,
       m.accepted_at, c.next_attempt
  FROM c JOIN queue_message m ON m.id = c.message_id
 ORDER BY c.priority DESC, c.message_id, c.id
"""

# Lease what is due in the local lane, the most urgent and longest waiting first. `next_attempt` stays, so that
# the update touches no index.
CLAIM_LOCAL = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM queue_recipient
     WHERE lane = 'local' AND state = 'queued' AND next_attempt <= now()
       AND (lease_until IS NULL OR lease_until <= now())
     ORDER BY priority DESC, next_attempt LIMIT %(limit)s::int FOR NO KEY UPDATE SKIP LOCKED),
 c AS (
    UPDATE queue_recipient r
       SET lease_until = now() + %(lease)s::interval, lease_owner = %(owner)s::text, attempts = attempts + 1
      FROM due WHERE r.id = due.id RETURNING r.*)
{_PARCEL}"""

# Lease what is due in the remote lane and write the next attempt before anyone dials: by the schedule %(delays)s,
# never after the message's lifetime, never before the lease is over. Half of the candidates are the most urgent
# and longest waiting, half come from a walk over the destinations after %(after)s, so that a destination with a
# hundred thousand messages cannot keep the others waiting; at most %(each)s go to one.
CLAIM_REMOTE = f"""
WITH RECURSIVE d(domain, n) AS (
    (SELECT min(domain), 1 FROM queue_recipient
      WHERE lane = 'remote' AND state = 'queued' AND domain > %(after)s::text)
    UNION ALL
    SELECT (SELECT min(r.domain) FROM queue_recipient r
             WHERE r.lane = 'remote' AND r.state = 'queued' AND r.domain > d.domain), n + 1
      FROM d WHERE d.domain IS NOT NULL AND n < %(limit)s::int),
 candidates AS MATERIALIZED (
    (SELECT id, domain, priority, next_attempt, message_id FROM queue_recipient
      WHERE lane = 'remote' AND state = 'queued' AND next_attempt <= now()
      ORDER BY priority DESC, next_attempt LIMIT 4 * %(limit)s::int)
    UNION
    SELECT r.* FROM d CROSS JOIN LATERAL (
        SELECT id, domain, priority, next_attempt, message_id FROM queue_recipient q
         WHERE q.lane = 'remote' AND q.state = 'queued' AND q.domain = d.domain AND q.next_attempt <= now()
         ORDER BY q.next_attempt LIMIT %(each)s::int) r),
 ranked AS MATERIALIZED (
    SELECT id, row_number() OVER (PARTITION BY domain ORDER BY priority DESC, next_attempt, message_id) AS rank,
           priority, next_attempt
      FROM candidates WHERE domain <> ALL(%(busy)s::text[])),
 due AS MATERIALIZED (
    SELECT q.id FROM queue_recipient q JOIN ranked USING (id)
     WHERE rank <= %(each)s::int AND q.state = 'queued' AND q.next_attempt <= now()
       AND (q.lease_until IS NULL OR q.lease_until <= now())
     ORDER BY ranked.priority DESC, (rank - 1) / 10, ranked.next_attempt
     LIMIT %(limit)s::int FOR NO KEY UPDATE OF q SKIP LOCKED),
 c AS (
    UPDATE queue_recipient r
       SET lease_until = now() + %(lease)s::interval, lease_owner = %(owner)s::text, attempts = attempts + 1,
           next_attempt = greatest(now() + %(lease)s::interval, least(m.accepted_at + %(lifetime)s::interval,
               now() + (%(delays)s::float8[])[least(r.attempts + 1, cardinality(%(delays)s::float8[]))]
                     * (1 + 0.2 * random()) * interval '1 second'))
      FROM due, queue_message m WHERE r.id = due.id AND m.id = r.message_id RETURNING r.*)
{_PARCEL}"""

# Is anything due in a lane?
IS_DUE = """
SELECT EXISTS (SELECT 1 FROM queue_recipient WHERE lane = %s::text AND state = 'queued' AND next_attempt <= now()
                  AND (lease_until IS NULL OR lease_until <= now()))
"""

# The name under which this connection claims local parcels.
SESSION = """
SELECT pid || ':' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()
"""

# Give back at once what connections that are gone had claimed in the local lane: without its connection no one
# can settle, so nobody is filing these. Claimed parcels are at the head of the lane; the leases of any that
# were overtaken end by themselves.
TAKE_OVER = """
WITH head AS MATERIALIZED (
    SELECT id, lease_owner, lease_until FROM queue_recipient
     WHERE lane = 'local' AND state = 'queued' AND next_attempt <= now()
     ORDER BY priority DESC, next_attempt LIMIT 5000),
 sessions AS MATERIALIZED (
    SELECT pid || ':' || extract(epoch FROM backend_start) AS name FROM pg_stat_activity
     WHERE backend_start IS NOT NULL),
 dead AS MATERIALIZED (
    SELECT id, lease_owner FROM head
     WHERE lease_until > now() AND lease_owner NOT IN (SELECT name FROM sessions))
UPDATE queue_recipient r SET lease_until = NULL, lease_owner = NULL
  FROM dead WHERE r.id = dead.id AND r.lease_owner = dead.lease_owner AND r.state = 'queued'
"""

# Keep a lease while its conversation lasts.
RENEW = """
UPDATE queue_recipient SET lease_until = now() + %s::interval,
       next_attempt = CASE lane WHEN 'remote' THEN greatest(next_attempt, now() + %s::interval) ELSE next_attempt END
 WHERE id = ANY(%s::bigint[]) AND lease_owner = %s::text AND state = 'queued'
"""

# Give back what was claimed and not begun, as if it had never been claimed.
GIVE_BACK = """
UPDATE queue_recipient SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1, next_attempt = now()
 WHERE id = ANY(%s::bigint[]) AND lease_owner = %s::text AND state = 'queued'
"""

# Write what became of a batch, only where the lease is still ours, and log the tries that had an answer.
SETTLE = """
WITH o AS MATERIALIZED (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::float8[])
        AS t(id, state, outcome, host, reply, retry)),
 u AS (
    UPDATE queue_recipient r
       SET state = o.state, lease_until = NULL, lease_owner = NULL, last_reply = o.reply,
           next_attempt = coalesce(now() + o.retry * interval '1 second', r.next_attempt),
           finished_at = CASE WHEN o.state IN ('delivered', 'failed', 'expired') THEN now() END
      FROM o WHERE r.id = o.id AND r.lease_owner = %s::text AND r.state = 'queued'
    RETURNING r.id),
 a AS (
    INSERT INTO queue_attempt (recipient_id, outcome, host, reply)
    SELECT o.id, o.outcome, o.host, o.reply FROM o JOIN u USING (id) WHERE o.outcome <> '')
SELECT id FROM u
"""

# Set parcels of ours aside: handling them raised an error, and would again.
SET_ASIDE = """
UPDATE queue_recipient SET state = 'poison', lease_until = NULL, lease_owner = NULL, last_reply = %s::text
 WHERE id = ANY(%s::bigint[]) AND lease_owner = %s::text AND state = 'queued'
RETURNING id
"""

# Keep parcels of ours until they are released.
HOLD_BACK = """
UPDATE queue_recipient SET state = 'held', lease_until = NULL, lease_owner = NULL, last_reply = %s::text
 WHERE id = ANY(%s::bigint[]) AND lease_owner = %s::text AND state = 'queued'
RETURNING id
"""

_CHANGED = """
 RETURNING r.id, r.lane, r.address, (SELECT m.trace_id FROM queue_message m WHERE m.id = r.message_id),
           (SELECT m.organisation_id FROM queue_message m WHERE m.id = r.message_id)
"""

# Keep recipients from being delivered until they are released; those in a worker's hands are left alone.
HOLD = f"""
UPDATE queue_recipient r SET state = 'held', last_reply = %(why)s::text
 WHERE r.id = ANY(%(ids)s::bigint[]) AND r.state = 'queued' AND (r.lease_until IS NULL OR r.lease_until <= now())
{_CHANGED}"""

# Let messages go that were held since they came; whoever else holds their recipients has them no longer.
LET_GO = """
UPDATE queue_recipient SET state = 'queued', next_attempt = now(), last_reply = ''
 WHERE message_id = ANY(%s::bigint[]) AND state = 'held'
RETURNING lane
"""

# Put more in front of messages that are held, under what is there.
ADD_TO_PREFIX = """
UPDATE queue_message SET prefix = prefix || %s::bytea WHERE id = ANY(%s::bigint[])
"""

# Lock the recipients of messages that are to be withdrawn; are all of them still held?
LOCK_HELD = """
SELECT coalesce(bool_and(state = 'held'), false) FROM (
    SELECT state FROM queue_recipient WHERE message_id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE) AS locked
"""

# Remove messages as if they had never come.
WITHDRAW = """
WITH r AS (DELETE FROM queue_recipient WHERE message_id = ANY(%(ids)s::bigint[]) RETURNING id),
 a AS (DELETE FROM queue_attempt WHERE recipient_id IN (SELECT id FROM r))
DELETE FROM queue_message WHERE id = ANY(%(ids)s::bigint[])
"""

# Let held or poisoned recipients go, as if they had just come.
RELEASE = f"""
UPDATE queue_recipient r
   SET state = 'queued', next_attempt = now(), lease_until = NULL, lease_owner = NULL, attempts = 0
 WHERE r.id = ANY(%(ids)s::bigint[]) AND r.state IN ('held', 'poison')
{_CHANGED}"""

# Make waiting recipients due now.
RETRY_NOW = f"""
UPDATE queue_recipient r SET next_attempt = now()
 WHERE r.id = ANY(%(ids)s::bigint[]) AND r.state = 'queued' AND (r.lease_until IS NULL OR r.lease_until <= now())
{_CHANGED}"""

# Give recipients up without telling the sender; those in a worker's hands are left alone.
CANCEL = f"""
UPDATE queue_recipient r
   SET state = 'failed', finished_at = now(), last_reply = %(why)s::text, lease_until = NULL, lease_owner = NULL
 WHERE r.id = ANY(%(ids)s::bigint[]) AND r.state IN ('queued', 'held', 'poison')
   AND (r.lease_until IS NULL OR r.lease_until <= now())
{_CHANGED}"""

# Give recipients up as undeliverable and return their parcels, so that the sender can be told in the same transaction.
GIVE_UP = f"""
WITH c AS (
    UPDATE queue_recipient r
       SET state = 'failed', finished_at = now(), last_reply = %(reply)s::text, lease_until = NULL, lease_owner = NULL
     WHERE r.id = ANY(%(ids)s::bigint[]) AND r.state IN ('queued', 'held', 'poison')
       AND (r.lease_until IS NULL OR r.lease_until <= now())
    RETURNING r.*)
{_PARCEL}"""

_WITHIN = """
   AND (%(everything)s::bool OR m.organisation_id = ANY(%(organisations)s::bigint[])
        OR r.mailbox_id = ANY(%(mailboxes)s::bigint[])
        OR (r.mailbox_id IS NULL AND lower(split_part(m.sender, '@', 2)) = ANY(%(domains)s::text[])))
"""

# What waits, by what keeps it: state, lane, destination and the code of the last reply.
CAUSES = f"""
SELECT r.state, r.lane, r.domain,
       coalesce(substring(r.last_reply from '^[245][0-9]{{2}}(?: [245][.][0-9]+[.][0-9]+)?'), '') AS code,
       count(*)::int, sum(r.size)::bigint, min(m.accepted_at), min(r.next_attempt), max(r.last_reply)
  FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id
 WHERE r.state IN ('queued', 'held', 'poison') {_WITHIN}
 GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 3, 4 LIMIT %(limit)s::int
"""

# How much waits, by where it stands, since when, and what nobody has tried although it is due.
DEPTH = f"""
SELECT count(*) FILTER (WHERE r.state = 'queued' AND r.attempts = 0)::int,
       count(*) FILTER (WHERE r.state = 'queued' AND r.attempts > 0)::int,
       count(*) FILTER (WHERE r.state = 'held')::int, count(*) FILTER (WHERE r.state = 'poison')::int,
       coalesce(sum(r.size), 0)::bigint, min(m.accepted_at),
       count(*) FILTER (WHERE r.state = 'queued' AND r.next_attempt < now() - interval '2 minutes'
                          AND (r.lease_until IS NULL OR r.lease_until <= now()))::int
  FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id
 WHERE r.state IN ('queued', 'held', 'poison') {_WITHIN}
"""

# How many bytes wait for each of these mailboxes, for the quota's question at RCPT.
QUEUED_BYTES = """
SELECT mailbox_id, sum(size)::bigint FROM queue_recipient
 WHERE mailbox_id = ANY(%s::bigint[]) AND state IN ('queued', 'held') GROUP BY mailbox_id
"""

# Forget recipients that ended long ago, their log, and messages none of whose recipients is left.
FORGET = """
WITH old AS MATERIALIZED (
    SELECT id, message_id FROM queue_recipient
     WHERE finished_at < now() - %(keep)s::interval ORDER BY finished_at LIMIT %(limit)s::int
       FOR UPDATE SKIP LOCKED),
 a AS (DELETE FROM queue_attempt WHERE recipient_id IN (SELECT id FROM old)),
 r AS (DELETE FROM queue_recipient WHERE id IN (SELECT id FROM old) RETURNING id),
 m AS (
    DELETE FROM queue_message m USING (SELECT DISTINCT message_id FROM old) g
     WHERE m.id = g.message_id
       AND NOT EXISTS (SELECT 1 FROM queue_recipient x
                        WHERE x.message_id = m.id AND x.id NOT IN (SELECT id FROM old)))
SELECT count(*)::int FROM r
"""

# One housekeeper at a time, or two could each leave a message to the other.
FORGET_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('queue_forget'))"
