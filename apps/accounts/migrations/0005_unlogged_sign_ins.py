"""Sign-ins under way need not survive a crash. Browsers' sessions have a table of their own, and Django's goes."""

from django.db import migrations


class Migration(migrations.Migration):
    """Make them unlogged; drop django_session, which nobody ever signed in by."""

    dependencies = [("accounts", "0004_second_factor")]
    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE accounts_pendingsignin SET UNLOGGED",
                "ALTER TABLE accounts_challenge SET UNLOGGED",
                "DROP TABLE IF EXISTS django_session",
            ],
            [
                "ALTER TABLE accounts_pendingsignin SET LOGGED",
                "ALTER TABLE accounts_challenge SET LOGGED",
            ],
        )
    ]
