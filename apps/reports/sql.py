"""The statements of reports: counting what was seen, and taking what came."""

_COUNT = """
INSERT INTO {table} AS o (organisation_id, day, policy_domain, key, row, count)
SELECT t.organisation_id, t.day, t.policy_domain, t.key, t.row, t.count
FROM unnest(%(organisations)s::bigint[], %(days)s::date[], %(domains)s::text[], %(keys)s::bytea[], %(rows)s::jsonb[],
            %(counts)s::bigint[]) AS t (organisation_id, day, policy_domain, key, row, count)
JOIN organisations_organisation g ON g.id = t.organisation_id
ORDER BY t.organisation_id, t.day, t.policy_domain, t.key
ON CONFLICT (organisation_id, day, policy_domain, key) DO UPDATE SET count = o.count + excluded.count
"""

# Adds what was seen to the counts of its day, in the order of the key: two who count at once wait for each other.
COUNT = _COUNT.format(table="reports_observation")

# The same for sessions.
COUNT_TLS = _COUNT.format(table="reports_tlsobservation")

# Keeps messages that may be reports until they are read, where their address is of a domain of ours.
TAKE = """
INSERT INTO reports_incoming (domain_id, organisation_id, blob_hash, size, trace_id, is_sure, received_at)
SELECT d.id, t.organisation_id, t.blob_hash, t.size, t.trace_id, t.is_sure, t.received_at
FROM unnest(%s::text[], %s::bigint[], %s::bytea[], %s::bigint[], %s::uuid[], %s::bool[], %s::timestamptz[])
  AS t (domain, organisation_id, blob_hash, size, trace_id, is_sure, received_at)
JOIN domains_domain d ON d.name = t.domain
"""

# The next messages to read; a reader that dies leaves them to the next one, who sees how often that happened.
NEXT = """
UPDATE reports_incoming SET attempts = attempts + 1
WHERE id IN (SELECT id FROM reports_incoming ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, domain_id, organisation_id, blob_hash, size, trace_id, is_sure, attempts, received_at
"""

# What days' observations were not told yet, the oldest first: whose, about whom.
UNTOLD = """
SELECT DISTINCT o.organisation_id, o.day, o.policy_domain FROM {table} o
JOIN organisations_organisation g ON g.id = o.organisation_id AND g.is_active
LEFT JOIN reports_reportsetting s ON s.organisation_id = o.organisation_id
WHERE o.day < %(today)s AND coalesce(s.sends, true)
  AND NOT EXISTS (SELECT FROM reports_told t WHERE t.organisation_id = o.organisation_id AND t.kind = %(kind)s
                  AND t.day = o.day AND t.policy_domain = o.policy_domain)
ORDER BY o.day, o.organisation_id, o.policy_domain
LIMIT %(limit)s
"""
