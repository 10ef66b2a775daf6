"""Judgements: a table partitioned by day, which Django cannot say."""

import django.db.models.functions.datetime
from django.db import migrations, models

# The default partition catches what comes on a day whose own is not there; see apps/events/partitions.py.
FORWARD = """
CREATE SEQUENCE spam_judgement_id_seq;
CREATE TABLE spam_judgement (
  mailbox_id bigint NOT NULL,
  judged_at timestamptz NOT NULL DEFAULT now(),
  id bigint NOT NULL DEFAULT nextval('spam_judgement_id_seq'),
  organisation_id bigint NOT NULL,
  trace_id uuid NOT NULL,
  content_id bigint,
  parcel_id bigint,
  is_outbound boolean NOT NULL DEFAULT false,
  sender text NOT NULL,
  subject text NOT NULL,
  score double precision NOT NULL,
  probability double precision NOT NULL,
  action varchar(10) NOT NULL,
  sort varchar(10) NOT NULL DEFAULT '',
  reason varchar(20) NOT NULL,
  detail jsonb NOT NULL,
  symbols jsonb NOT NULL,
  missing jsonb NOT NULL,
  versions jsonb NOT NULL,
  vector bytea,
  milliseconds double precision NOT NULL DEFAULT 0,
  label varchar(4) NOT NULL DEFAULT '',
  state varchar(8) NOT NULL DEFAULT '',
  PRIMARY KEY (mailbox_id, judged_at, id)
) PARTITION BY RANGE (judged_at);
CREATE INDEX spam_judgement_content ON spam_judgement (mailbox_id, content_id) WHERE content_id IS NOT NULL;
CREATE INDEX spam_judgement_trace ON spam_judgement (trace_id);
CREATE INDEX spam_judgement_kept ON spam_judgement (organisation_id, judged_at) WHERE state <> '';
CREATE TABLE spam_judgement_default PARTITION OF spam_judgement DEFAULT;
"""
BACKWARD = """
DROP TABLE spam_judgement;
DROP SEQUENCE spam_judgement_id_seq;
"""


class Migration(migrations.Migration):
    """Make the table."""

    dependencies = [("spam", "0001_filter")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.CreateModel(
                    name='Judgement',
                    fields=[
                        ('pk', models.CompositePrimaryKey('mailbox_id', 'judged_at', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('mailbox_id', models.BigIntegerField(help_text="Whose copy; for mail that leaves, its sender's own, or 0.")),
                        ('judged_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('id', models.BigIntegerField(db_default=models.Func(models.Value('spam_judgement_id_seq'), function='nextval'))),
                        ('organisation_id', models.BigIntegerField()),
                        ('trace_id', models.UUIDField()),
                        ('content_id', models.BigIntegerField(help_text='Null: in no folder (held, or on its way out).', null=True)),
                        ('parcel_id', models.BigIntegerField(help_text="The queue's row, of what is held.", null=True)),
                        ('is_outbound', models.BooleanField(default=False)),
                        ('sender', models.TextField(help_text="Its author, else the envelope's sender.")),
                        ('subject', models.TextField()),
                        ('score', models.FloatField(help_text='In nats of log-odds.')),
                        ('probability', models.FloatField()),
                        ('action', models.CharField(max_length=10)),
                        ('sort', models.CharField(blank=True, max_length=10)),
                        ('reason', models.CharField(max_length=20)),
                        ('detail', models.JSONField(help_text='The line that decided and whose it is, the entry that won, what else.')),
                        ('symbols', models.JSONField(help_text='Each [name, weight, source, detail, sort].')),
                        ('missing', models.JSONField(default=list, help_text='Each [source, why it could not be asked].')),
                        ('versions', models.JSONField(default=dict, help_text='Of the rules and the models that were asked.')),
                        ('vector', models.BinaryField(help_text='What the learned part saw, to judge it again by arithmetic.', null=True)),
                        ('milliseconds', models.FloatField(default=0, help_text='Processor time it took.')),
                        ('label', models.CharField(blank=True, choices=[('', 'nothing'), ('ham', 'wanted'), ('spam', 'unwanted')], default='', max_length=4)),
                        ('state', models.CharField(blank=True, choices=[('', 'in the inbox, or wherever filters put it'), ('junk', 'in the folder for junk'), ('held', 'quarantined: kept in the queue, and shown in no folder'), ('released', 'taken out of junk or quarantine'), ('deleted', 'removed from junk or quarantine')], default='', max_length=8)),
                    ],
                    options={
                        'db_table': 'spam_judgement',
                    },
                ),
            ],
        ),
    ]
