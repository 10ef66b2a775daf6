"""Sums of the trace, five minutes each, and how far they reach; the trace itself stays the truth."""

import django.contrib.postgres.fields
from django.db import migrations, models

# Rows that can be found are indexed by time already; of what is counted without a key there are a few.
COUNTED = """
CREATE INDEX events_messageevent_counted ON events_messageevent (at)
 WHERE keys IS NULL AND kind IN ('accepted', 'refused');
"""


class Migration(migrations.Migration):
    """Make the tables; nothing is counted yet, so readers read the trace until housekeeping has been here."""

    dependencies = [("events", "0004_trace_by_time")]
    operations = [
        migrations.RunSQL(COUNTED, "DROP INDEX events_messageevent_counted;"),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=10)),
                ("domain", models.CharField(max_length=255, null=True)),
                ("sender", models.CharField(max_length=255, null=True)),
                (
                    "recipients",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), null=True, size=None
                    ),
                ),
                ("count", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["at"],
                        name="tally_of_all",
                        condition=models.Q(("domain__isnull", True), ("recipients__isnull", True)),
                        include=["kind", "count"],
                    ),
                    models.Index(
                        fields=["domain", "at"],
                        name="tally_of_one",
                        condition=models.Q(("domain__isnull", False)),
                        include=["kind", "count"],
                    ),
                    models.Index(
                        fields=["at"],
                        name="tally_of_several",
                        condition=models.Q(("recipients__isnull", False)),
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Tallied",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL("INSERT INTO events_tallied (until) VALUES ('1970-01-01 00:00+00')", ""),
    ]
