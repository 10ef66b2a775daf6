"""Where an address leads, and whether its domain or organisation holds all it may: one function says so to all who ask.

Its plan is kept, as the route's is: those who ask plan every statement anew.
"""

import importlib

from django.db import migrations

# Says whose quota a mailbox's mail has reached, by the latest sums: its domain's, its organisation's, or nobody's (null).
# What comes from another mailbox and goes from there adds nothing to the sums both are in.
OVER = """
CREATE FUNCTION mailboxes_over(mailbox bigint, leaving bigint DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  domain bigint;
  domain_quota bigint;
  organisation bigint;
  organisation_quota bigint;
  left_domain bigint;
  left_organisation bigint;
BEGIN
  SELECT d.id, d.quota_bytes, o.id, o.quota_bytes INTO domain, domain_quota, organisation, organisation_quota
    FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id
    JOIN organisations_organisation o ON o.id = d.organisation_id
    WHERE m.id = mailbox;
  IF domain_quota IS NULL AND organisation_quota IS NULL THEN
    RETURN NULL;
  END IF;
  IF leaving IS NOT NULL THEN
    SELECT d.id, d.organisation_id INTO left_domain, left_organisation
      FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id WHERE m.id = leaving;
  END IF;
  IF domain_quota IS NOT NULL AND domain IS DISTINCT FROM left_domain AND EXISTS (
    SELECT FROM mailboxes_usagesum s
    WHERE s.organisation_id = organisation AND s.domain_id = domain AND s.bytes >= domain_quota)
  THEN
    RETURN 'domain';
  END IF;
  IF organisation_quota IS NOT NULL AND organisation IS DISTINCT FROM left_organisation AND EXISTS (
    SELECT FROM mailboxes_usagesum s
    WHERE s.organisation_id = organisation AND s.domain_id IS NULL AND s.bytes >= organisation_quota)
  THEN
    RETURN 'organisation';
  END IF;
  RETURN NULL;
END $$;
"""
# The function of 0003 once more, with `over` as its last column: a migration says what it makes, whatever later ones do.
ROUTE = r"""
CREATE FUNCTION mailboxes_route(keys text[]) RETURNS TABLE (
  asked text, via_alias boolean, state text, address text,
  mailbox_id bigint, organisation_id bigint, domain_id bigint, quota_bytes bigint, used_bytes bigint, over text
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  frontier text[];
  further text[];
  seen text[];
  here text;
  local text;
  pointing text[];
  works boolean;
  attempt text;
  sending_for bigint;
  domain_quota bigint;
  organisation_quota bigint;
BEGIN
  FOREACH asked IN ARRAY keys LOOP
    via_alias := false;
    frontier := ARRAY[asked];
    seen := frontier;
    sending_for := NULL;
    -- An alias may lead to an alias five times in a row; what lies deeper is nowhere.
    FOR depth IN 0..5 LOOP
      further := '{}';
      FOREACH address IN ARRAY frontier LOOP
        here := lower(address);
        mailbox_id := NULL; quota_bytes := NULL; used_bytes := NULL; over := NULL; pointing := NULL;
        SELECT d.id, o.id, d.is_active AND o.is_active, left(here, -1 - length(d.name)), d.quota_bytes, o.quota_bytes
          INTO domain_id, organisation_id, works, local, domain_quota, organisation_quota
          FROM domains_domain d JOIN organisations_organisation o ON o.id = d.organisation_id
          WHERE d.name = split_part(here, '@', -1);
        IF NOT FOUND THEN
          state := 'elsewhere';
          organisation_id := sending_for;
          RETURN NEXT;
          CONTINUE;
        ELSIF NOT works THEN
          state := 'disabled';
          RETURN NEXT;
          CONTINUE;
        END IF;
        -- The address itself, then the same without +tag.
        state := 'unknown';
        FOREACH attempt IN ARRAY CASE WHEN strpos(local, '+') > 1
                                 THEN ARRAY[local, split_part(local, '+', 1)] ELSE ARRAY[local] END LOOP
          SELECT m.id, m.is_active, m.quota_bytes, u.bytes INTO mailbox_id, works, quota_bytes, used_bytes
            FROM mailboxes_mailbox m LEFT JOIN mailboxes_usage u ON u.mailbox_id = m.id
            WHERE m.domain_id = mailboxes_route.domain_id AND m.local_part = attempt;
          IF FOUND THEN
            state := CASE WHEN works THEN 'mailbox' ELSE 'disabled' END;
            EXIT;
          END IF;
          SELECT a.is_active, a.targets INTO works, pointing
            FROM mailboxes_alias a
            WHERE a.domain_id = mailboxes_route.domain_id AND a.local_part = attempt;
          IF FOUND THEN
            state := CASE WHEN works THEN 'alias' ELSE 'disabled' END;
            EXIT;
          END IF;
        END LOOP;
        -- Every domain answers to these (RFC 5321 4.5.1, RFC 2142): the nearest administrator with a mailbox.
        IF state = 'unknown' AND local IN ('postmaster', 'abuse') THEN
          SELECT m.id, m.quota_bytes, u.bytes, om.id, dm.quota_bytes, om.quota_bytes
            INTO mailbox_id, quota_bytes, used_bytes, organisation_id, domain_quota, organisation_quota
            FROM accounts_role r
            JOIN accounts_user w ON w.id = r.user_id AND w.is_active
            JOIN mailboxes_mailbox m ON m.owner_id = w.id AND m.is_active
            JOIN domains_domain dm ON dm.id = m.domain_id AND dm.is_active
            JOIN organisations_organisation om ON om.id = dm.organisation_id AND om.is_active
            LEFT JOIN mailboxes_usage u ON u.mailbox_id = m.id
            WHERE (r.kind = 'domain_admin' AND r.domain_id = mailboxes_route.domain_id)
               OR (r.kind = 'organisation_admin' AND r.organisation_id = mailboxes_route.organisation_id)
               OR r.kind = 'superadmin'
            ORDER BY CASE r.kind WHEN 'domain_admin' THEN 1 WHEN 'organisation_admin' THEN 2 ELSE 3 END, r.id, m.id
            LIMIT 1;
          IF FOUND THEN
            state := 'mailbox';
          END IF;
        END IF;
        IF state = 'alias' THEN
          IF depth < 5 THEN
            via_alias := true;
            sending_for := coalesce(sending_for, organisation_id);
            further := further || pointing;
          END IF;
        ELSE
          IF state = 'mailbox' AND (domain_quota IS NOT NULL OR organisation_quota IS NOT NULL) THEN
            over := mailboxes_over(mailbox_id);
          END IF;
          RETURN NEXT;
        END IF;
      END LOOP;
      EXIT WHEN further = '{}';
      -- A thousand aliases to a thousand addresses each would be a million to look up, for one RCPT.
      IF cardinality(seen) + cardinality(further) > 2000 THEN
        state := 'endless';
        RETURN NEXT;
        EXIT;
      END IF;
      -- Nothing is walked twice, so a loop ends.
      SELECT coalesce(array_agg(target), '{}'), seen || array_agg(lower(target)) INTO frontier, seen
        FROM (SELECT DISTINCT ON (lower(t)) t AS target FROM unnest(further) AS t
              WHERE lower(t) <> ALL (seen) ORDER BY lower(t)) AS fresh;
    END LOOP;
  END LOOP;
END $$;
"""
BACKWARD = importlib.import_module("apps.mailboxes.migrations.0003_route").FORWARD


class Migration(migrations.Migration):
    """Answer where addresses lead, and whose quota is reached there."""

    dependencies = [("mailboxes", "0004_usagesum"), ("domains", "0002_domain_quota")]
    operations = [
        migrations.RunSQL(OVER, "DROP FUNCTION mailboxes_over(bigint, bigint);"),
        migrations.RunSQL("DROP FUNCTION mailboxes_route(text[]);" + ROUTE, "DROP FUNCTION mailboxes_route(text[]);" + BACKWARD),
    ]
