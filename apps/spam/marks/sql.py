"""The statements of learning, by meaning."""

# What of a folder's log says that somebody marked something: 256 is $Junk, 512 is $NotJunk. Flags that were replaced
# may have lost either. The index store_folderlog_marks is of the same words.
MARKS = "(l.op = 4 OR (l.op IN (1, 2, 3) AND l.mask & 768 <> 0))"

# Names folders with marks nobody has learned from, those that wait longest first.
DUE = f"""
SELECT l.mailbox_id, l.folder_id FROM store_folderlog l LEFT JOIN spam_cursor c ON c.folder_id = l.folder_id AND c.purpose = 0
WHERE {MARKS} AND l.at > now() - interval '7 days' AND l.modseq > coalesce(c.modseq, 0)
GROUP BY 1, 2 ORDER BY min(l.at) LIMIT %s::int
"""

# Lets one learner at a time work on a mailbox, until its transaction ends.
ONE_LEARNER = "SELECT pg_try_advisory_xact_lock(7031, hashint8(%s::bigint))"

# Where a folder stands and up to where it was read; none if it is gone.
CURSOR = """
SELECT f.modseq, coalesce(c.modseq, 0), coalesce(c.uid, 0)
FROM store_folder f LEFT JOIN spam_cursor c ON c.folder_id = f.id AND c.purpose = 0
WHERE f.id = %s::bigint AND f.mailbox_id = %s::bigint
"""

# The next changes of a folder that are marks, and the uids of each.
NEXT = f"""
SELECT l.modseq, range_agg(l.uids)::text FROM store_folderlog l
WHERE l.mailbox_id = %s::bigint AND l.folder_id = %s::bigint AND l.modseq > %s::bigint AND {MARKS}
GROUP BY l.modseq ORDER BY l.modseq LIMIT %s::int
"""

# Remembers up to where a folder was read; or forgets it, as it is gone.
MOVE_CURSOR = """
INSERT INTO spam_cursor AS c (purpose, folder_id, mailbox_id, modseq, uid)
VALUES (%s::smallint, %s::bigint, %s::bigint, %s::bigint, %s::bigint)
ON CONFLICT (folder_id, purpose) DO UPDATE SET modseq = excluded.modseq, uid = excluded.uid, touched_at = now()
"""
DROP_CURSOR = "DELETE FROM spam_cursor WHERE folder_id = %s::bigint"

# What messages are marked as now, where they were marked, or wherever they went since; and what was learned of them.
# A message that is nowhere any more has no marks to show (NULL).
MARKED = """
WITH k AS MATERIALIZED (
  SELECT w.uid, coalesce(m.content_id, t.content_id) AS content_id, m.flags & 768 AS here
  FROM unnest(%(uids)s::bigint[]) AS w (uid)
  LEFT JOIN store_message m
    ON m.mailbox_id = %(mailbox)s::bigint AND m.folder_id = %(folder)s::bigint AND m.uid = w.uid
  LEFT JOIN spam_trained t ON m.uid IS NULL
    AND t.mailbox_id = %(mailbox)s::bigint AND t.folder_id = %(folder)s::bigint AND t.uid = w.uid
)
SELECT k.uid, k.content_id,
       coalesce(k.here, (SELECT bit_or(o.flags & 768) FROM store_message o
                         WHERE o.mailbox_id = %(mailbox)s::bigint AND o.content_id = k.content_id)),
       t.label, t.tokens, t.steps
FROM k LEFT JOIN spam_trained t ON t.mailbox_id = %(mailbox)s::bigint AND t.content_id = k.content_id
ORDER BY k.uid
"""

# What is needed to read messages again.
CONTENTS = """
SELECT id, organisation_id, blob_hash, size - octet_length(prefix), prefix, envelope FROM store_content
WHERE mailbox_id = %s::bigint AND id = ANY(%s::bigint[])
"""

# Counts tokens of one scope, and uncounts them where a number is negative, in one order for all.
COUNT = """
INSERT INTO spam_token AS t (scope, token, spam, ham)
SELECT %s::bigint, k.token, k.spam, k.ham
FROM unnest(%s::bigint[], %s::float8[], %s::float8[]) AS k (token, spam, ham) ORDER BY k.token
ON CONFLICT (scope, token) DO UPDATE
SET spam = t.spam + excluded.spam, ham = t.ham + excluded.ham, seen = current_date
"""

# After uncounting: what was pruned meanwhile is not below nothing, and what is nothing goes.
MEND = """
UPDATE spam_token SET spam = greatest(spam, 0), ham = greatest(ham, 0)
WHERE scope = %s::bigint AND token = ANY(%s::bigint[]) AND (spam < 0 OR ham < 0)
"""
CLEAR = """
DELETE FROM spam_token WHERE scope = %s::bigint AND token = ANY(%s::bigint[]) AND spam <= 0 AND ham <= 0
"""

# Counts messages of one scope, and those that could not be read.
COUNT_TOTAL = """
INSERT INTO spam_total AS t (scope, spam, ham, skipped, skipped_why)
VALUES (%(scope)s::bigint, %(spam)s::float8, %(ham)s::float8, %(skipped)s::int, %(why)s::text)
ON CONFLICT (scope) DO UPDATE
SET spam = greatest(t.spam + excluded.spam, 0), ham = greatest(t.ham + excluded.ham, 0), version = t.version + 1,
    skipped = t.skipped + excluded.skipped,
    skipped_why = CASE WHEN excluded.skipped > 0 THEN excluded.skipped_why ELSE t.skipped_why END, changed_at = now()
"""

# Remembers what was learned of messages; forgets what is marked no more.
REMEMBER = """
INSERT INTO spam_trained AS t (mailbox_id, content_id, label, folder_id, uid, version, tokens, steps)
SELECT %s::bigint, k.content_id, k.label, %s::bigint, k.uid, k.version, k.tokens, k.steps
FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::smallint[], %s::bytea[], %s::bytea[])
  AS k (content_id, label, uid, version, tokens, steps)
ON CONFLICT (mailbox_id, content_id) DO UPDATE
SET label = excluded.label, folder_id = excluded.folder_id, uid = excluded.uid, version = excluded.version,
    tokens = excluded.tokens, steps = excluded.steps, at = now()
"""
FORGET = "DELETE FROM spam_trained WHERE mailbox_id = %s::bigint AND content_id = ANY(%s::bigint[])"

# Follows messages that were learned of already to where they are marked now.
FOLLOW = """
UPDATE spam_trained t SET folder_id = %s::bigint, uid = k.uid
FROM unnest(%s::bigint[], %s::bigint[]) AS k (content_id, uid)
WHERE t.mailbox_id = %s::bigint AND t.content_id = k.content_id
"""

# Takes all that is kept of a mailbox, some at a time, the small tables last.
FORGET_TOKENS = """
WITH gone AS (DELETE FROM spam_token WHERE scope = %s::bigint AND token IN (
  SELECT token FROM spam_token WHERE scope = %s::bigint LIMIT %s::int) RETURNING 1)
SELECT count(*)::int FROM gone
"""
FORGET_TRAINED = """
WITH gone AS (DELETE FROM spam_trained WHERE mailbox_id = %s::bigint AND content_id IN (
  SELECT content_id FROM spam_trained WHERE mailbox_id = %s::bigint LIMIT %s::int) RETURNING 1)
SELECT count(*)::int FROM gone
"""
FORGET_REST = (
    "DELETE FROM spam_cursor WHERE mailbox_id = %s::bigint",
    "DELETE FROM spam_own WHERE mailbox_id = %s::bigint",
    "DELETE FROM spam_total WHERE scope = %s::bigint",
)

# A mailbox's own weights; what they are made of, in order; and how they are kept, unless somebody kept newer ones.
OWN = "SELECT version, digest, data FROM spam_own WHERE mailbox_id = %s::bigint"
STEPS = "SELECT steps FROM spam_trained WHERE mailbox_id = %s::bigint"
KEEP_OWN = """
INSERT INTO spam_own AS o (mailbox_id, digest, data) VALUES (%s::bigint, %s::bytea, %s::bytea)
ON CONFLICT (mailbox_id) DO UPDATE SET digest = excluded.digest, data = excluded.data, version = o.version + 1
"""
OWNS = "SELECT mailbox_id, version, digest, data FROM spam_own WHERE mailbox_id = ANY(%s::bigint[])"

# What a message's tokens count for, in the scopes of its recipients. Tokens are sorted, and asked of each scope apart: so
# the index is walked once for each, where a join of a thousand tokens would be planned as a scan of the whole table.
COUNTS = """
SELECT t.scope, t.token, t.spam, t.ham FROM unnest(%s::bigint[]) AS s (scope)
CROSS JOIN LATERAL (SELECT * FROM spam_token k WHERE k.scope = s.scope AND k.token = ANY(%s::bigint[])) AS t
"""
TOTALS = """
SELECT t.scope, t.spam, t.ham, t.voices, t.version, coalesce(o.version, 0)
FROM spam_total t LEFT JOIN spam_own o ON o.mailbox_id = t.scope WHERE t.scope = ANY(%s::bigint[])
"""

# The whole of a level, in order, the best known first to be kept where it is too large.
LEVEL = """
SELECT token, spam, ham FROM (
  SELECT token, spam, ham FROM spam_token WHERE scope = %s::bigint ORDER BY spam + ham DESC LIMIT %s::int) AS k
ORDER BY token
"""

# Makes an organisation's level of what its people were taught. A voice is an owner, however many mailboxes are theirs, and weighs as
# {most} messages of each kind at most. Of what is said of a token, the loudest voice is left out.
_ORGANISATION = """
v AS MATERIALIZED (
  SELECT t.scope AS mailbox_id, coalesce(m.owner_id, -m.id) AS voice, t.version,
         sum(t.spam) OVER w AS all_spam, sum(t.ham) OVER w AS all_ham
  FROM spam_total t JOIN mailboxes_mailbox m ON m.id = t.scope JOIN domains_domain d ON d.id = m.domain_id
  WHERE d.organisation_id = %(organisation)s::bigint AND t.scope > 0 AND m.removing_since IS NULL
  WINDOW w AS (PARTITION BY coalesce(m.owner_id, -m.id))
), said AS (
  SELECT k.token, v.voice,
         sum(k.spam) * least(max(v.all_spam), %(most)s::float8) / greatest(max(v.all_spam), 1) AS spam,
         sum(k.ham) * least(max(v.all_ham), %(most)s::float8) / greatest(max(v.all_ham), 1) AS ham
  FROM v JOIN spam_token k ON k.scope = v.mailbox_id GROUP BY 1, 2
), taught AS (
  SELECT DISTINCT voice, least(all_spam, %(most)s::float8) AS spam, least(all_ham, %(most)s::float8) AS ham FROM v
), made_from AS (SELECT coalesce(sum(version), 0)::bigint AS version FROM v)"""
# Makes the site's level of those of organisations, in the same way.
_SITE = """
said AS (SELECT token, scope AS voice, spam, ham FROM spam_token WHERE scope < 0),
taught AS (SELECT scope AS voice, spam, ham FROM spam_total WHERE scope < 0 AND spam + ham > 0),
made_from AS (SELECT 0::bigint AS version)"""
_LEVEL = """
WITH {source}, fresh AS MATERIALIZED (
  SELECT token, sum(spam) - max(spam) AS spam, sum(ham) - max(ham) AS ham FROM said
  GROUP BY token HAVING count(*) >= %(voices)s::int AND sum(spam) + sum(ham) - max(spam) - max(ham) > 0
), gone AS (
  DELETE FROM spam_token t WHERE t.scope = %(scope)s::bigint
    AND NOT EXISTS (SELECT FROM fresh f WHERE f.token = t.token) RETURNING 1
), new AS (
  INSERT INTO spam_token AS t (scope, token, spam, ham)
  SELECT %(scope)s::bigint, token, spam, ham FROM fresh
  ON CONFLICT (scope, token) DO UPDATE SET spam = excluded.spam, ham = excluded.ham, seen = current_date
    WHERE t.spam <> excluded.spam OR t.ham <> excluded.ham
  RETURNING 1
), total AS (
  SELECT count(*)::int AS voices,
         CASE WHEN count(*) >= %(voices)s::int THEN sum(spam) - max(spam) ELSE 0 END AS spam,
         CASE WHEN count(*) >= %(voices)s::int THEN sum(ham) - max(ham) ELSE 0 END AS ham
  FROM taught
)
INSERT INTO spam_total AS t (scope, spam, ham, voices, built_from)
SELECT %(scope)s::bigint, coalesce(spam, 0), coalesce(ham, 0), voices, version FROM total, made_from
ON CONFLICT (scope) DO UPDATE
SET spam = excluded.spam, ham = excluded.ham, voices = excluded.voices, built_from = excluded.built_from,
    version = t.version + ((SELECT count(*) FROM new) + (SELECT count(*) FROM gone) > 0
                           OR t.spam <> excluded.spam OR t.ham <> excluded.ham)::int,
    changed_at = CASE WHEN (SELECT count(*) FROM new) + (SELECT count(*) FROM gone) > 0
                           OR t.spam <> excluded.spam OR t.ham <> excluded.ham THEN now() ELSE t.changed_at END
RETURNING voices, (SELECT count(*)::int FROM fresh)
"""
ORGANISATION_LEVEL = _LEVEL.replace("{source}", _ORGANISATION)
SITE_LEVEL = _LEVEL.replace("{source}", _SITE)

# Lets one builder at a time make levels, until its transaction ends.
ONE_BUILDER = "SELECT pg_try_advisory_xact_lock(7032, 0)"

# Names organisations where somebody was taught, or taken away, since their level was made.
CHANGED = """
SELECT coalesce(n.organisation_id, -o.scope)
FROM (SELECT d.organisation_id, sum(t.version)::bigint AS version FROM spam_total t
      JOIN mailboxes_mailbox m ON m.id = t.scope JOIN domains_domain d ON d.id = m.domain_id
      WHERE t.scope > 0 AND m.removing_since IS NULL GROUP BY 1) AS n
FULL JOIN (SELECT scope, built_from FROM spam_total WHERE scope < 0) AS o ON o.scope = -n.organisation_id
WHERE coalesce(n.version, 0) <> coalesce(o.built_from, 0)
"""

# Mailboxes that were taught something, and how much.
TAUGHT = "SELECT scope, spam + ham FROM spam_total WHERE scope > 0 ORDER BY scope"

# Lets go what a mailbox was taught once, long ago.
PRUNE = """
WITH gone AS (
  DELETE FROM spam_token WHERE scope = %s::bigint AND spam + ham <= 1 AND seen < current_date - %s::int RETURNING 1)
SELECT count(*)::int FROM gone
"""

# Lets go how marks of a mailbox can be taken back, of those beyond the latest and of those that are old: they stay counted.
FIX_OLD = """
WITH old AS (
  UPDATE spam_trained t SET tokens = '', steps = '' WHERE t.mailbox_id = %(mailbox)s::bigint AND t.steps <> ''
    AND t.at < greatest(now() - make_interval(days => %(days)s),
      (SELECT r.at FROM spam_trained r WHERE r.mailbox_id = %(mailbox)s::bigint
       ORDER BY r.at DESC OFFSET %(most)s::int - 1 LIMIT 1))
  RETURNING 1)
SELECT count(*)::int FROM old
"""

# Forgets cursors of folders that are gone.
DROP_CURSORS = """
WITH gone AS (DELETE FROM spam_cursor c WHERE NOT EXISTS (SELECT FROM store_folder f WHERE f.id = c.folder_id) RETURNING 1)
SELECT count(*)::int FROM gone
"""

_STATE = """
SELECT m.id, m.local_part || '@' || d.name, coalesce(t.ham, 0), coalesce(t.spam, 0),
       (SELECT max(at) FROM spam_trained r WHERE r.mailbox_id = m.id), coalesce(t.skipped, 0), coalesce(t.skipped_why, '')
FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id {join} JOIN spam_total t ON t.scope = m.id
"""
# What mailboxes were taught; those of an organisation that were taught something, the most first.
STATES = _STATE.replace("{join}", "LEFT") + "WHERE m.id = ANY(%s::bigint[]) AND m.removing_since IS NULL"
BUSIEST = (
    _STATE.replace("{join}", "")
    + """WHERE d.organisation_id = %s::bigint AND m.removing_since IS NULL AND t.ham + t.spam > 0
ORDER BY t.ham + t.spam DESC, m.id OFFSET %s::int LIMIT %s::int
"""
)

# What was marked last, with what it was.
LATEST = """
SELECT t.content_id, t.label, t.at, coalesce(c.subject, ''), coalesce(c.from_addr, '') FROM spam_trained t
LEFT JOIN store_content c ON c.mailbox_id = t.mailbox_id AND c.id = t.content_id
WHERE t.mailbox_id = %s::bigint ORDER BY t.at DESC, t.content_id DESC LIMIT %s::int
"""
