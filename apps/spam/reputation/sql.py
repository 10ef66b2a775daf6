"""The statements of reputation, by meaning."""

# Remembers marks by the names of their senders; what was said of these messages before is forgotten.
FORGET_SAID = "DELETE FROM spam_said WHERE mailbox_id = %s::bigint AND content_id = ANY(%s::bigint[])"
SAY = """
INSERT INTO spam_said (mailbox_id, kind, name, content_id, label)
SELECT %s::bigint, k.kind, k.name, k.content_id, k.label
FROM unnest(%s::smallint[], %s::text[], %s::bigint[], %s::smallint[]) AS k (kind, name, content_id, label)
ON CONFLICT DO NOTHING
"""

# For each recipient, the latest marks of mail by each name of a sender; what their organisation says of it; and how
# often they wrote to the author: one line each, told apart by `what`.
ASKED = """
WITH w AS MATERIALIZED (
  SELECT * FROM unnest(%(mailboxes)s::bigint[], %(organisations)s::bigint[]) AS w (mailbox_id, organisation_id)
), k AS MATERIALIZED (
  SELECT * FROM unnest(%(kinds)s::smallint[], %(names)s::text[], %(most)s::int[], %(days)s::int[])
    AS k (kind, name, most, days)
)
SELECT 'said', w.mailbox_id, k.kind::int, count(*) FILTER (WHERE s.label = 0)::float8,
       count(*) FILTER (WHERE s.label = 1)::float8
FROM w CROSS JOIN k CROSS JOIN LATERAL (
  SELECT o.label FROM spam_said o
  WHERE o.mailbox_id = w.mailbox_id AND o.kind = k.kind AND o.name = k.name AND o.at > now() - make_interval(days => k.days)
  ORDER BY o.at DESC LIMIT k.most) s
GROUP BY w.mailbox_id, k.kind, k.name
UNION ALL
SELECT 'standing', w.mailbox_id, t.kind::int, t.good, t.bad
FROM w CROSS JOIN k JOIN spam_standing t ON t.organisation_id = w.organisation_id AND t.kind = k.kind AND t.name = k.name
UNION ALL
SELECT 'known', w.mailbox_id, 0, n.sent::float8, 0
FROM w JOIN spam_known n ON n.mailbox_id = w.mailbox_id AND n.address = %(author)s::text
"""

# People whom recipients know by a name that looks the same, and domains that may look alike.
ALIKE = """
SELECT n.mailbox_id, 'name', n.name, n.address FROM spam_known n
WHERE n.mailbox_id = ANY(%(mailboxes)s::bigint[]) AND %(name)s::text <> '' AND n.name_key = %(name)s::text
UNION
SELECT n.mailbox_id, 'domain', n.domain_key, min(n.address) FROM spam_known n
WHERE n.mailbox_id = ANY(%(mailboxes)s::bigint[]) AND %(domain)s::text <> ''
  AND length(n.domain_key) BETWEEN length(%(domain)s::text) - 1 AND length(%(domain)s::text) + 1
  AND (starts_with(n.domain_key, %(first)s::text) OR right(n.domain_key, length(%(last)s::text)) = %(last)s::text)
GROUP BY 1, 3
LIMIT 100
"""

# Folders of sent mail with something that was not read yet.
SENT = """
SELECT f.mailbox_id, f.id, f.modseq, coalesce(c.modseq, 0), coalesce(c.uid, 0)
FROM store_folder f LEFT JOIN spam_cursor c ON c.folder_id = f.id AND c.purpose = 1
WHERE f.special_use = '\\Sent' AND f.modseq > coalesce(c.modseq, 0) ORDER BY f.id LIMIT %s::int
"""

# Up to which message a folder was read, as of now.
LETTERS_READ = "SELECT uid FROM spam_cursor WHERE folder_id = %s::bigint AND purpose = 1"

# Some of its messages that came since, in the order of uids.
LETTERS = """
SELECT m.uid, c.envelope, m.internaldate FROM store_message m
JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint AND m.uid > %s::bigint
ORDER BY m.uid LIMIT %s::int
"""

# Counts whom a mailbox wrote to.
KNOW = """
INSERT INTO spam_known AS n (mailbox_id, address, name, name_key, domain_key, sent, last_at)
SELECT %s::bigint, k.address, k.name, k.name_key, k.domain_key, k.sent, to_timestamp(k.at)
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::float8[])
  AS k (address, name, name_key, domain_key, sent, at) ORDER BY k.address
ON CONFLICT (mailbox_id, address) DO UPDATE
SET sent = n.sent + excluded.sent, last_at = greatest(n.last_at, excluded.last_at),
    name = coalesce(nullif(excluded.name, ''), n.name), name_key = coalesce(nullif(excluded.name_key, ''), n.name_key)
"""

# Makes what organisations say of senders: marks fade, halved every 90 days; an owner is one voice and weighs as three
# marks at most; of each sender the loudest voice is left out, and what fewer than three say is not said at all.
STANDINGS = """
WITH v AS MATERIALIZED (
  SELECT m.id AS mailbox_id, d.organisation_id, coalesce(m.owner_id, -m.id) AS voice
  FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id WHERE m.removing_since IS NULL
), said AS (
  SELECT v.organisation_id, s.kind, s.name, v.voice,
         least(sum(CASE WHEN s.label = 0 THEN power(0.5, extract(epoch FROM now() - s.at) / 86400.0 / 90) ELSE 0 END), 3) AS good,
         least(sum(CASE WHEN s.label = 1 THEN power(0.5, extract(epoch FROM now() - s.at) / 86400.0 / 90) ELSE 0 END), 3) AS bad
  FROM spam_said s JOIN v USING (mailbox_id) GROUP BY 1, 2, 3, 4
), fresh AS MATERIALIZED (
  SELECT organisation_id, kind, name, (sum(good) - max(good))::float8 AS good, (sum(bad) - max(bad))::float8 AS bad,
         count(*)::int AS voices
  FROM said GROUP BY 1, 2, 3 HAVING count(*) >= %(voices)s::int
), gone AS (
  DELETE FROM spam_standing t WHERE NOT EXISTS (SELECT FROM fresh f
    WHERE f.organisation_id = t.organisation_id AND f.kind = t.kind AND f.name = t.name)
)
INSERT INTO spam_standing AS t (organisation_id, kind, name, good, bad, voices)
SELECT organisation_id, kind, name, good, bad, voices FROM fresh
ON CONFLICT (organisation_id, kind, name) DO UPDATE
SET good = excluded.good, bad = excluded.bad, voices = excluded.voices
RETURNING 1
"""

# Takes what is remembered of a mailbox's senders, some at a time.
FORGET_MAILBOX = (
    """
WITH gone AS (DELETE FROM spam_said WHERE mailbox_id = %s::bigint AND content_id IN (
  SELECT content_id FROM spam_said WHERE mailbox_id = %s::bigint LIMIT %s::int) RETURNING 1)
SELECT count(*)::int FROM gone
""",
    """
WITH gone AS (DELETE FROM spam_known WHERE mailbox_id = %s::bigint AND address IN (
  SELECT address FROM spam_known WHERE mailbox_id = %s::bigint LIMIT %s::int) RETURNING 1)
SELECT count(*)::int FROM gone
""",
)

# The names whose mail an organisation's people marked bad most, lately.
WORST = """
SELECT s.name, count(*) FILTER (WHERE s.label = 0)::int, count(*) FILTER (WHERE s.label = 1)::int,
       count(DISTINCT s.mailbox_id)::int
FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id JOIN spam_said s ON s.mailbox_id = m.id
WHERE d.organisation_id = %s::bigint AND s.kind = %s::smallint AND s.at > now() - make_interval(days => %s::int)
GROUP BY s.name HAVING count(*) FILTER (WHERE s.label = 1) > 0
ORDER BY 3 DESC, 2, 1 LIMIT %s::int
"""

# What an organisation's people said of some names, and the faded sums of what several of them said.
TOLD = """
SELECT k.kind::int, k.name, count(s.*) FILTER (WHERE s.label = 0)::int, count(s.*) FILTER (WHERE s.label = 1)::int,
       count(DISTINCT s.mailbox_id)::int, coalesce(max(t.good), 0), coalesce(max(t.bad), 0)
FROM (SELECT %s::bigint AS organisation_id) AS o
CROSS JOIN unnest(%s::smallint[], %s::text[]) WITH ORDINALITY AS k (kind, name, place)
JOIN mailboxes_mailbox m ON true JOIN domains_domain d ON d.id = m.domain_id AND d.organisation_id = o.organisation_id
JOIN spam_said s ON s.mailbox_id = m.id AND s.kind = k.kind AND s.name = k.name
LEFT JOIN spam_standing t ON t.organisation_id = o.organisation_id AND t.kind = k.kind AND t.name = k.name
GROUP BY k.kind, k.name, k.place ORDER BY k.place
"""
