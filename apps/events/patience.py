"""How long a page lets PostgreSQL look for something: what is searched without an index ends by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import django.db
import psycopg
from django.db import connection, transaction

SECONDS: float = 10


class TooSlowError(Exception):
    """A search looked at more than anybody should wait for."""


@contextmanager
def patience(seconds: float | None = None) -> Iterator[None]:
    """Bound each statement within, all of which only read; raises TooSlowError."""
    milliseconds = int((SECONDS if seconds is None else seconds) * 1000)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
    except psycopg.errors.QueryCanceled:
        raise TooSlowError from None
    except django.db.OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        raise TooSlowError from None
