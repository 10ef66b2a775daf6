"""Every domain answers to the names that reports about it are sent to, as it does to postmaster."""

import importlib

from django.db import migrations

EARLIER = importlib.import_module("apps.mailboxes.migrations.0007_shorter_route")
BEFORE: str = EARLIER.changed(EARLIER.BEFORE)
OLD, NEW = "local IN ('postmaster', 'abuse')", "local IN ('postmaster', 'abuse', 'dmarc-reports', 'tlsrpt')"
assert BEFORE.count(OLD) == 1
DROP = "DROP FUNCTION mailboxes_route(text[]);"


class Migration(migrations.Migration):
    """Keep a report's way open; who delivers it reads it instead of filing it into the administrator's mailbox."""

    dependencies = [("mailboxes", "0007_shorter_route")]
    operations = [migrations.RunSQL(DROP + BEFORE.replace(OLD, NEW), DROP + BEFORE)]
