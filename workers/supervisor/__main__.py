"""`make run`, `python -m workers.supervisor`: everything under one supervisor, until Ctrl-C or SIGTERM."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from mailplatform.settings.registry import SettingError


def main() -> int:
    """Run until told to stop; 1 with one line when a setting cannot work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    from django.conf import settings

    try:
        settings.configured or settings.BASE_DIR  # noqa: B018  # Reads every setting, and names a bad one.
    except (SettingError, ImproperlyConfigured) as error:
        return refuse(error)
    from .errors import CannotStart
    from .run import run

    try:
        return run()
    except CannotStart as error:
        return refuse(error)


def refuse(error: Exception) -> int:
    """Say in one line why not."""
    print(f"mailplatform: {str(error).splitlines()[0]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
