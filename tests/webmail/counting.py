"""Counts what the database is asked, by Django and by plans alike."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement while the block runs."""
    asked: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        asked.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(self, query, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noting)
        yield asked
