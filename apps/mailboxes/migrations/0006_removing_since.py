"""A mailbox that is being removed remembers since when, so that whoever comes across it goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Remember since when a mailbox is being removed."""

    dependencies = [("mailboxes", "0005_over_quota")]
    operations = [
        migrations.AddField(
            "mailbox",
            "removing_since",
            models.DateTimeField(blank=True, help_text="It was deleted, and its mail goes little by little.", null=True),
        )
    ]
