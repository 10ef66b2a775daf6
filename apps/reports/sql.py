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

# Who sent in a domain's name since a day: what failed most comes first. Results name what passed, aligned or not, and
# how many carried a signature of the domain, or of one below it, that failed.
SOURCES = """
SELECT host(r.source), coalesce(n.name, ''),
  sum(r.count)::bigint,
  coalesce(sum(r.count) FILTER (WHERE r.dkim = 'pass' OR r.spf = 'pass'), 0)::bigint,
  coalesce(sum(r.count) FILTER (WHERE r.dkim = 'pass'), 0)::bigint,
  coalesce(sum(r.count) FILTER (WHERE r.spf = 'pass'), 0)::bigint,
  coalesce(sum(r.count) FILTER (WHERE r.disposition IN ('quarantine', 'reject')), 0)::bigint,
  coalesce(sum(r.count) FILTER (WHERE r.reasons @? '$[*][0] ? (@ == "forwarded" || @ == "trusted_forwarder"
                                                               || @ == "mailing_list")'), 0)::bigint,
  coalesce(string_agg(DISTINCT x.passed, ','), ''),
  coalesce(sum(r.count) FILTER (WHERE x.is_broken), 0)::bigint,
  (array_agg(DISTINCT v.reporter))[1:20],
  max(r.day)
FROM reports_receivedrow r
JOIN reports_received v ON v.id = r.received_id
LEFT JOIN reports_sourcename n ON n.address = r.source
CROSS JOIN LATERAL (
  SELECT string_agg(DISTINCT e.result ->> 0, ',') FILTER (WHERE e.result ->> 2 = 'pass') AS passed,
         coalesce(bool_or(e.is_dkim AND e.result ->> 2 = 'fail'
                          AND right('.' || (e.result ->> 0), length(%(name)s) + 1) = '.' || %(name)s), false) AS is_broken
  FROM (SELECT true AS is_dkim, jsonb_array_elements(r.dkim_results) AS result
        UNION ALL SELECT false, jsonb_array_elements(r.spf_results)) e
) x
WHERE r.domain_id = %(domain)s AND r.day >= %(since)s
GROUP BY r.source, n.name
ORDER BY sum(r.count) FILTER (WHERE r.dkim <> 'pass' AND r.spf <> 'pass') DESC NULLS LAST, sum(r.count) DESC, r.source
LIMIT %(limit)s
"""

# Why sessions to a domain's servers failed since a day.
TROUBLES = """
SELECT t.result, sum(t.failed)::bigint, (array_agg(DISTINCT t.host) FILTER (WHERE t.host <> ''))[1:20],
       (array_agg(DISTINCT v.reporter))[1:20], coalesce(max(t.information), ''), max(t.day)
FROM reports_receivedtls t JOIN reports_received v ON v.id = t.received_id
WHERE t.domain_id = %(domain)s AND t.day >= %(since)s AND t.result <> ''
GROUP BY t.result ORDER BY sum(t.failed) DESC, t.result LIMIT 50
"""

# Addresses that sent in somebody's name since a day, and whose names nobody looked up, or long ago.
NAMELESS = """
SELECT DISTINCT host(r.source) FROM reports_receivedrow r
LEFT JOIN reports_sourcename n ON n.address = r.source
WHERE r.day >= %(since)s AND (n.address IS NULL OR n.looked_at < %(stale)s)
LIMIT %(limit)s
"""

# On whose account this server tells how TLS went: the organisation of the domain its name lies in, or the first.
HOUSE = """
SELECT d.organisation_id FROM domains_domain d JOIN organisations_organisation o ON o.id = d.organisation_id
WHERE d.is_active AND o.is_active
ORDER BY right('.' || %(hostname)s::text, length(d.name) + 1) = '.' || d.name DESC, d.id LIMIT 1
"""
