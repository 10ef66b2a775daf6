"""The journey's own statements, each with one sentence above it."""

# Which of these arrivals are durable, asked when a connection broke while they were committed.
ACCEPTED = """
SELECT DISTINCT trace_id FROM events_messageevent
 WHERE trace_id = ANY(%s::uuid[]) AND kind = 'accepted' AND at > now() - interval '1 day'
"""

# Where each mailbox is filed to: is it in use, its address, and its INBOX if it has one.
INBOXES = """
SELECT m.id, m.is_active AND d.is_active, m.local_part || '@' || d.name, f.id
  FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id
  LEFT JOIN store_folder f ON f.mailbox_id = m.id AND f.name = 'INBOX'
 WHERE m.id = ANY(%s::bigint[])
"""

# Where one address leads, and how many bytes wait for each mailbox there that has a quota.
ROUTE = """
SELECT asked, via_alias, state, address, mailbox_id, organisation_id, domain_id, quota_bytes, used_bytes, over,
       CASE WHEN quota_bytes > 0 THEN (
         SELECT coalesce(sum(size), 0)::bigint FROM queue_recipient q
          WHERE q.mailbox_id = r.mailbox_id AND q.state IN ('queued', 'held')) ELSE 0 END
  FROM mailboxes_route(%s::text[]) r
"""

# Whom these organisations believe when a message fails its author's policy.
BELIEVED = """
SELECT organisation_id, word FROM mailflow_forwarder WHERE organisation_id = ANY(%s::bigint[]) ORDER BY id
"""

# Whether a session goes on under an open connection: it was not ended (by the user, or by a new password), whoever it
# lets in still is let in, and its credential (a passkey's session has none) has not expired.
SESSION_GOES_ON = """
SELECT EXISTS (
  SELECT FROM accounts_session s
  JOIN accounts_user u ON u.id = s.user_id AND u.is_active
  JOIN domains_domain d ON d.id = u.domain_id AND d.is_active
  JOIN organisations_organisation o ON o.id = u.organisation_id AND o.is_active
  LEFT JOIN accounts_credential c ON c.id = s.credential_id
  WHERE s.id = %s::uuid AND s.ended_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now()))
"""

# An import keeps its mailbox from being taken apart.
LOCK_IMPORT = "SELECT pg_try_advisory_lock(7301, %s::int)"
UNLOCK_IMPORT = "SELECT pg_advisory_unlock(7301, %s::int)"

# Removes some of what imports remember of a mailbox.
FORGET_IMPORTS = """
WITH gone AS (
  DELETE FROM mailflow_imported i WHERE i.mailbox_id = %s::bigint AND i.key IN (
    SELECT o.key FROM mailflow_imported o WHERE o.mailbox_id = %s::bigint LIMIT %s::int)
  RETURNING 1
)
SELECT count(*)::int FROM gone
"""

# Whether a user's mail is held until somebody decides.
IS_HELD = "SELECT EXISTS (SELECT FROM mailflow_senderhold WHERE user_id = %s::bigint AND ended_at IS NULL)"

# Who, in an organisation, has sent what still waits (or, with a reason, is held for that reason), by our doors.
SENDERS_WAITING = """
SELECT DISTINCT m.sender FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id
 WHERE m.organisation_id = %(organisation)s::bigint AND m.origin = 'submission' AND m.sender <> ''
   AND r.state = %(state)s::text AND (%(why)s::text = '' OR r.last_reply = %(why)s::text)
"""

# What of it these senders sent.
WAITING_OF = """
SELECT r.id FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id
 WHERE m.organisation_id = %(organisation)s::bigint AND m.origin = 'submission' AND m.sender = ANY(%(senders)s::text[])
   AND r.state = %(state)s::text AND (%(why)s::text = '' OR r.last_reply = %(why)s::text)
"""

# Whose mail other servers refused so often within the last hour, and how often.
BOUNCED = """
SELECT m.organisation_id, m.sender, count(*)::int FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id
 WHERE r.finished_at > now() - interval '1 hour' AND r.state = 'failed' AND r.lane = 'remote'
   AND m.origin = 'submission' AND m.sender <> ''
 GROUP BY 1, 2 HAVING count(*) >= %s::int
"""

# Whose mailbox an address leads to.
OWNERS = """
SELECT DISTINCT m.owner_id FROM mailboxes_route(ARRAY[%s::text]) r JOIN mailboxes_mailbox m ON m.id = r.mailbox_id
 WHERE r.state = 'mailbox' AND m.owner_id IS NOT NULL
"""
