"""A mailbox and an alias never share an address: what two unique constraints cannot say."""

from django.db import migrations

# The domain's row is the lock: of two that come together, the second sees the first.
FORWARD = """
CREATE FUNCTION mailboxes_address_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE taken boolean;
BEGIN
  PERFORM 1 FROM domains_domain WHERE id = NEW.domain_id FOR NO KEY UPDATE;
  IF TG_TABLE_NAME = 'mailboxes_mailbox' THEN
    SELECT EXISTS (SELECT 1 FROM mailboxes_alias
                   WHERE domain_id = NEW.domain_id AND local_part = NEW.local_part) INTO taken;
  ELSE
    SELECT EXISTS (SELECT 1 FROM mailboxes_mailbox
                   WHERE domain_id = NEW.domain_id AND local_part = NEW.local_part) INTO taken;
  END IF;
  IF taken THEN
    RAISE unique_violation USING MESSAGE = 'this address exists already', CONSTRAINT = 'address_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER address_once BEFORE INSERT OR UPDATE OF domain_id, local_part ON mailboxes_mailbox
  FOR EACH ROW EXECUTE FUNCTION mailboxes_address_once();
CREATE TRIGGER address_once BEFORE INSERT OR UPDATE OF domain_id, local_part ON mailboxes_alias
  FOR EACH ROW EXECUTE FUNCTION mailboxes_address_once();
"""
BACKWARD = """
DROP TRIGGER address_once ON mailboxes_mailbox;
DROP TRIGGER address_once ON mailboxes_alias;
DROP FUNCTION mailboxes_address_once();
"""


class Migration(migrations.Migration):
    """Keep mailboxes and aliases apart."""

    dependencies = [("mailboxes", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
