"""The trace: a table partitioned by day, which Django cannot say."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

# The default partition catches what comes on a day whose own is not there; see partitions.py.
FORWARD = """
CREATE SEQUENCE events_messageevent_id_seq;
CREATE TABLE events_messageevent (
  trace_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  id bigint NOT NULL DEFAULT nextval('events_messageevent_id_seq'),
  organisation_id bigint,
  kind varchar(20) NOT NULL,
  keys text[],
  detail jsonb NOT NULL,
  PRIMARY KEY (trace_id, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX events_messageevent_keys ON events_messageevent USING gin (keys) WHERE keys IS NOT NULL;
CREATE TABLE events_messageevent_default PARTITION OF events_messageevent DEFAULT;
"""
BACKWARD = """
DROP TABLE events_messageevent;
DROP SEQUENCE events_messageevent_id_seq;
"""


class Migration(migrations.Migration):
    """Make the trace."""

    dependencies = [("events", "0002_audit_append_only")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.CreateModel(
                    name="MessageEvent",
                    fields=[
                        ("pk", models.CompositePrimaryKey("trace_id", "at", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("trace_id", models.UUIDField()),
                        ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("id", models.BigIntegerField(db_default=models.Func(models.Value("events_messageevent_id_seq"), function="nextval"))),
                        ("kind", models.CharField(max_length=20)),
                        ("organisation_id", models.BigIntegerField(null=True)),
                        ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text="What the message can be found by.", null=True, size=None)),
                        ("detail", models.JSONField()),
                    ],
                ),
            ],
        ),
    ]
