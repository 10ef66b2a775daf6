"""Tokens that may read the queue may read the trace: it was one scope until it had one of its own."""

from django.db import migrations

GIVE = """
UPDATE accounts_credential SET scopes = array_append(scopes, 'trace:read')
 WHERE kind = 'api_token' AND 'queue:read' = ANY (scopes) AND NOT 'trace:read' = ANY (scopes)
"""


class Migration(migrations.Migration):
    """Give the new scope to the old tokens."""

    dependencies = [("accounts", "0002_unlogged_failures")]
    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
