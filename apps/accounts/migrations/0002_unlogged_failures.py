"""Failures need not survive a crash, so they cost no write-ahead log and no wait for the disk."""

from django.db import migrations


class Migration(migrations.Migration):
    """Make the throttle's memory unlogged."""

    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_failure SET UNLOGGED", "ALTER TABLE accounts_failure SET LOGGED"
        )
    ]
