#!/usr/bin/env python
"""The command line of the platform: `./manage.py help` lists what it can do."""

import os
import sys

from django.core.management import execute_from_command_line

from mailplatform.settings.registry import SettingError


def main() -> int:
    """Run a command; 1 with one line when a setting or the database does not let it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    from django.conf import settings

    try:
        settings.configured or settings.BASE_DIR  # noqa: B018  # Reads every setting, and names a bad one.
    except SettingError as error:
        return refuse(str(error))
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        return refuse(f"the database does not answer (does `make run` run?): {error}")
    except ProgrammingError as error:
        if str(error).startswith("invalid connection option"):
            return refuse(f"DATABASE_URL: {error}")
        if "--traceback" in sys.argv or getattr(error.__cause__, "sqlstate", None) != "42P01":
            raise
        return refuse("the database has no tables yet: `make run` makes them, or `manage.py migrate`")
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does; Python must not try to write the rest on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def refuse(why: str) -> int:
    """Say in one line why not."""
    print(f"manage.py: {' '.join(why.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
