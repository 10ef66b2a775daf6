"""An index of those changes of folders that may be marks of mail as good or bad, for who learns from them."""

from django.db import migrations


class Migration(migrations.Migration):
    """Mail that comes in bears no mark, so that filing it does not touch this index."""

    dependencies = [("store", "0003_thread_merges")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX store_folderlog_marks ON store_folderlog (at)"
            " WHERE op = 4 OR (op IN (1, 2, 3) AND mask & 768 <> 0)",
            "DROP INDEX store_folderlog_marks",
        )
    ]
