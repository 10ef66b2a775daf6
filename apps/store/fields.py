"""Column types that Django lacks, and one that marks a reference to a blob."""

from typing import Any

from django.db import models


class BlobHashField(models.BinaryField):  # type: ignore[type-arg]
    """The hash of a blob; its model also has `organisation_id`, and registers in `blobs.REFERENCES`."""


class Int8MultirangeField(models.Field):  # type: ignore[type-arg]
    """A set of 64-bit integers as ranges: PostgreSQL's int8multirange, psycopg's Multirange."""

    def db_type(self, connection: Any) -> str:
        """Return the name of the column type."""
        return "int8multirange"
