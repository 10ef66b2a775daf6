"""Where an address leads is told with two looks less.

`mailboxes_over` begins with mailbox, domain and organisation, which the route had found already, and the one address of
an alias was sorted and made distinct by a statement: together more than it cost to find four rows.
"""

import importlib

from django.db import migrations

BEFORE: str = importlib.import_module("apps.mailboxes.migrations.0005_over_quota").ROUTE
CHANGES = (
    # Mail for a postmaster who has no mailbox is kept, and counted, where the administrator's is.
    ("  organisation_quota bigint;\nBEGIN", "  organisation_quota bigint;\n  home bigint;\nBEGIN"),
    ("        state := 'unknown';\n", "        home := domain_id;\n        state := 'unknown';\n"),
    (
        "SELECT m.id, m.quota_bytes, u.bytes, om.id, dm.quota_bytes, om.quota_bytes\n",
        "SELECT m.id, m.quota_bytes, u.bytes, om.id, dm.quota_bytes, om.quota_bytes, dm.id\n",
    ),
    (
        "organisation_id, domain_quota, organisation_quota\n            FROM accounts_role",
        "organisation_id, domain_quota, organisation_quota, home\n            FROM accounts_role",
    ),
    (
        """\
          IF state = 'mailbox' AND (domain_quota IS NOT NULL OR organisation_quota IS NOT NULL) THEN
            over := mailboxes_over(mailbox_id);
          END IF;
""",
        """\
          IF state = 'mailbox' AND domain_quota IS NOT NULL AND EXISTS (
            SELECT FROM mailboxes_usagesum s
            WHERE s.organisation_id = mailboxes_route.organisation_id AND s.domain_id = home AND s.bytes >= domain_quota)
          THEN
            over := 'domain';
          ELSIF state = 'mailbox' AND organisation_quota IS NOT NULL AND EXISTS (
            SELECT FROM mailboxes_usagesum s
            WHERE s.organisation_id = mailboxes_route.organisation_id AND s.domain_id IS NULL
              AND s.bytes >= organisation_quota)
          THEN
            over := 'organisation';
          END IF;
""",
    ),
    # Most aliases point to one address, and one is soon compared.
    (
        """\
      -- Nothing is walked twice, so a loop ends.
      SELECT coalesce(""",
        """\
      -- Nothing is walked twice, so a loop ends.
      IF cardinality(further) = 1 THEN
        EXIT WHEN lower(further[1]) = ANY (seen);
        frontier := further;
        seen := seen || lower(further[1]);
        CONTINUE;
      END IF;
      SELECT coalesce(""",
    ),
)


def changed(text: str) -> str:
    """Return the function with what is new in it; each place is there once."""
    for old, new in CHANGES:
        before, found, after = text.partition(old)
        assert found
        assert old not in after
        text = before + new + after
    return text


class Migration(migrations.Migration):
    """Look at no more than is needed."""

    dependencies = [("mailboxes", "0006_removing_since")]
    operations = [
        migrations.RunSQL(
            "DROP FUNCTION mailboxes_route(text[]);" + changed(BEFORE),
            "DROP FUNCTION mailboxes_route(text[]);" + BEFORE,
        )
    ]
