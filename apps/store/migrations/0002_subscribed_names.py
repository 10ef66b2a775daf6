"""Subscriptions are kept by name, so that they survive the deletion of their folder."""

import django.db.models.deletion
from django.db import migrations, models

# The foreign key is checked at once: a table with pending checks cannot be altered.
NAMES = """
UPDATE store_subscription s SET mailbox_id = f.mailbox_id, name = f.name FROM store_folder f WHERE f.id = s.folder_id;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    """Take the names from the folders."""

    dependencies = [("store", "0001_initial")]

    operations = [
        migrations.AddField(
            "subscription",
            "mailbox",
            models.ForeignKey(
                "mailboxes.Mailbox",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                null=True,
            ),
        ),
        migrations.AddField(
            "subscription",
            "name",
            models.TextField(db_collation="C", help_text="As a folder's.", null=True),
        ),
        migrations.RunSQL(NAMES),
        migrations.RemoveConstraint("subscription", "store_subscription_once"),
        migrations.RemoveField("subscription", "folder"),
        migrations.AlterField(
            "subscription",
            "mailbox",
            models.ForeignKey(
                "mailboxes.Mailbox",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
            ),
        ),
        migrations.AlterField(
            "subscription", "name", models.TextField(db_collation="C", help_text="As a folder's.")
        ),
        migrations.AddConstraint(
            "subscription",
            models.UniqueConstraint(
                fields=["mailbox", "user", "name"], name="store_subscription_name_once"
            ),
        ),
    ]
