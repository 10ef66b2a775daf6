"""A column that is sealed at rest and plain in Python."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .sealing import seal, unseal


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Bytes sealed for this table's column; `manage.py rotate_keys` finds every such field by itself.

    Sealing the same secret twice gives different bytes, so the column can be neither searched nor unique.
    """

    @property
    def purpose(self) -> str:
        """What its secrets are sealed for."""
        return f"{self.model._meta.db_table}.{self.column}"  # noqa: SLF001  # Django's own name for it

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Seal on the way in."""
        if value is not None:
            value = seal(bytes(value), purpose=self.purpose)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, *_: object) -> bytes | None:
        """Unseal on the way out."""
        return None if value is None else unseal(bytes(value), purpose=self.purpose)
