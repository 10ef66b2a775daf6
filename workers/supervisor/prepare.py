"""`python -m workers.supervisor.prepare`: migrate, and make sure that the demo is there.

A process of its own, so that the supervisor that stays need not hold Django's models.
"""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

# Two installations that start on one database take turns.
MIGRATION_LOCK = 0x6D61696C


def main() -> None:
    """Do both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    from mailplatform import logging

    logging.configure("prepare")
    django.setup()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    call_command("migrate", interactive=False, verbosity=0)
    if settings.MAIL_DEMO:
        from . import demo_data

        demo_data.ensure()
    connection.close()


if __name__ == "__main__":
    main()
