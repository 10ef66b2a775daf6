"""Room on the page lets claiming stay there; a queue's dead rows must go at once, or claiming wades through them."""

from django.db import migrations

FORWARD = """
ALTER TABLE queue_recipient SET (fillfactor=70, autovacuum_vacuum_scale_factor=0.02,
                                 autovacuum_vacuum_threshold=1000, autovacuum_analyze_scale_factor=0.05);
ALTER TABLE queue_message SET (autovacuum_vacuum_scale_factor=0.05);
"""
BACKWARD = """
ALTER TABLE queue_recipient RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                                   autovacuum_analyze_scale_factor);
ALTER TABLE queue_message RESET (autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):
    """Tune the queue's tables."""

    dependencies = [("queue", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
