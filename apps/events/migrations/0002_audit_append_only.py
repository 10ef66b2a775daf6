"""The audit trail can only grow.

A test database is emptied between tests, so `mailplatform.discard_audit` lets TRUNCATE pass there. It is no hole:
who may set it owns the table and could drop the trigger.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION events_auditentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND current_setting('mailplatform.discard_audit', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE insufficient_privilege USING MESSAGE = 'the audit trail can only grow';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION events_auditentry_append_only();
"""
BACKWARD = """
DROP TRIGGER append_only ON events_auditentry;
DROP FUNCTION events_auditentry_append_only();
"""


class Migration(migrations.Migration):
    """Refuse to change or remove audit entries."""

    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
