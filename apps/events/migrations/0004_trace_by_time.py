"""The trace by time: a list of what happened last walks this; rare keys are found by the GIN index instead."""

from django.db import migrations


class Migration(migrations.Migration):
    """Index rows that have keys by time; new days get theirs when they are attached."""

    dependencies = [("events", "0003_message_event")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX events_messageevent_at ON events_messageevent (at, id) WHERE keys IS NOT NULL;",
            "DROP INDEX events_messageevent_at;",
        )
    ]
