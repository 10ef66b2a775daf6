"""`python -m workers.supervisor.prepare`: migrate, check what came of it, make today's partitions and the demo.

A process of its own, so that the supervisor that stays need not hold Django's models.
"""

import os
import sys
from datetime import UTC, datetime

import django
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection

# Two installations that start on one database take turns.
MIGRATION_LOCK = 0x6D61696C


def main() -> int:
    """Do both; 1, with one line, on a database that these tables cannot be in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    from mailplatform import logging

    logging.configure("prepare")
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    call_command("migrate", interactive=False, verbosity=0)
    if wrong := mistakes():
        print(f"mailplatform: DATABASE_URL: {wrong[0]}", file=sys.stderr)
        return 1
    from apps.domains.certificates.queries import problems
    from apps.events import partitions
    from apps.events.transactions import perform
    from apps.spam import keeping

    for line in problems(datetime.now(UTC)):
        print(f"mailplatform: Warning: {line}", file=sys.stderr)
    today = datetime.now(UTC).date()
    perform(partitions.keep_days(today, keep=settings.MAIL_TRACE_DAYS))
    perform(partitions.keep_days(today, keep=settings.MAIL_SPAM_DAYS, of=keeping.BY_DAY))
    if settings.MAIL_DEMO:
        from . import demo_data

        demo_data.ensure()
    connection.close()
    return 0


def mistakes() -> list[str]:
    """Return what is wrong with the database, in one line each; also whether the mail tables are split as we expect.

    What Django checks of the code is the gate's to find: that imports all pages and the API, and a start waits for it.
    """
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [" ".join(error.msg.split()) for error in found if error.is_serious()]


if __name__ == "__main__":
    sys.exit(main())
