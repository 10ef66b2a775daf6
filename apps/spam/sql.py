"""The filter's statements on mail paths, each with one sentence above it."""

# Where these mailboxes lie, whose they are, and what each level above them wants: a row for each wish, or one without.
WISHES = """
SELECT m.id, d.organisation_id, d.id, d.name, m.owner_id, s.level, s.preset, s.lines::text
  FROM mailboxes_mailbox m
  JOIN domains_domain d ON d.id = m.domain_id
  LEFT JOIN spam_filtergroupmember g ON g.mailbox_id = m.id
  LEFT JOIN spam_filtersettings s ON s.level = 'site' OR s.organisation_id = d.organisation_id OR s.domain_id = d.id
       OR s.group_id = g.group_id OR s.mailbox_id = m.id
 WHERE m.id = ANY(%s::bigint[])
"""

# What each level does with files it does not want, for these mailboxes.
ATTACHMENTS = """
SELECT m.id, s.level, s.rules::text, s.extensions::text
  FROM mailboxes_mailbox m
  JOIN domains_domain d ON d.id = m.domain_id
  LEFT JOIN spam_filtergroupmember g ON g.mailbox_id = m.id
  JOIN spam_attachmentpolicy s ON s.level = 'site' OR s.organisation_id = d.organisation_id OR s.domain_id = d.id
       OR s.group_id = g.group_id OR s.mailbox_id = m.id
 WHERE m.id = ANY(%s::bigint[])
"""

# The entries of these mailboxes' levels that may be about a message: of its senders and their domains, its host, or
# words of its subject.
ENTRIES = """
WITH about AS MATERIALIZED (
    SELECT * FROM spam_senderentry e
     WHERE (e.expires_at IS NULL OR e.expires_at > now())
       AND ((e.subject = 'address' AND e.pattern = ANY(%(addresses)s::text[]))
            OR (e.subject = 'domain' AND e.pattern = ANY(%(domains)s::text[]))
            OR (e.subject = 'network' AND %(address)s::text <> '' AND
                CASE WHEN e.subject = 'network' THEN e.pattern::inet >>= nullif(%(address)s::text, '')::inet END)
            OR (e.subject = 'subject' AND position(e.pattern IN %(words)s::text) > 0)))
SELECT m.id, e.id, e.effect, e.subject, e.pattern, e.level, e.reason
  FROM mailboxes_mailbox m
  JOIN domains_domain d ON d.id = m.domain_id
  LEFT JOIN spam_filtergroupmember g ON g.mailbox_id = m.id
  JOIN about e ON e.level = 'site' OR e.organisation_id = d.organisation_id OR e.domain_id = d.id
       OR e.group_id = g.group_id OR e.mailbox_id = m.id
 WHERE m.id = ANY(%(mailboxes)s::bigint[])
 ORDER BY e.id
"""

# Keep how messages were judged, in the transaction that files them.
RECORD = """
INSERT INTO spam_judgement (mailbox_id, organisation_id, trace_id, content_id, parcel_id, is_outbound, sender, subject,
                            score, probability, action, sort, reason, detail, symbols, missing, versions, vector,
                            milliseconds, state)
SELECT mailbox_id, organisation_id, trace_id, content_id, parcel_id, is_outbound, sender, subject, score, probability,
       action, sort, reason, detail::jsonb, symbols::jsonb, missing::jsonb, versions::jsonb, vector, milliseconds, state
  FROM unnest(%b::bigint[], %b::bigint[], %b::uuid[], %b::bigint[], %b::bigint[], %b::bool[], %b::text[], %b::text[],
              %b::float8[], %b::float8[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
              %b::text[], %b::bytea[], %b::float8[], %b::text[])
       AS t(mailbox_id, organisation_id, trace_id, content_id, parcel_id, is_outbound, sender, subject, score,
            probability, action, sort, reason, detail, symbols, missing, versions, vector, milliseconds, state)
"""

# Which of these parcels were quarantined before, and what was said of them: they are due again, so somebody let them go.
HELD_BEFORE = """
SELECT parcel_id, max(label) FROM spam_judgement
 WHERE mailbox_id = ANY(%s::bigint[]) AND trace_id = ANY(%s::uuid[]) AND state = 'held' AND parcel_id IS NOT NULL
 GROUP BY parcel_id
"""

# Remember that what was held has been filed.
FILED_AFTER_ALL = """
UPDATE spam_judgement j SET state = 'released', content_id = t.content_id
  FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[]) AS t(mailbox_id, trace_id, parcel_id, content_id)
 WHERE j.mailbox_id = t.mailbox_id AND j.trace_id = t.trace_id AND j.parcel_id = t.parcel_id AND j.state = 'held'
"""

# Where a message is now, as far as junk and quarantine are concerned, and what its owner said of it.
MARK = """
UPDATE spam_judgement SET state = coalesce(%(state)s::text, state), label = coalesce(%(label)s::text, label)
 WHERE mailbox_id = %(mailbox)s::bigint AND content_id = ANY(%(contents)s::bigint[])
"""

# The same of messages that are in a folder now, between two uids.
MARK_PLACED = """
UPDATE spam_judgement SET state = %(state)s::text, label = coalesce(%(label)s::text, label)
 WHERE mailbox_id = %(mailbox)s::bigint AND content_id = ANY(ARRAY(
    SELECT content_id FROM store_message
     WHERE mailbox_id = %(mailbox)s::bigint AND folder_id = %(folder)s::bigint
       AND uid BETWEEN %(first)s::bigint AND %(last)s::bigint))
"""

# What somebody said of what is held.
LABEL = "UPDATE spam_judgement SET label = %s::text WHERE mailbox_id = %s::bigint AND judged_at = %s AND id = %s::bigint"

# Remember that what was held is gone.
DROPPED = """
UPDATE spam_judgement SET state = 'deleted'
 WHERE mailbox_id = %s::bigint AND judged_at = %s AND id = %s::bigint AND state = 'held'
"""
