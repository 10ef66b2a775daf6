"""Replace a master key: seal every secret anew under the newest one."""

from dataclasses import dataclass

from django.apps import apps
from django.db import connection, transaction

from .fields import SealedField
from .sealing import SealError, key_id_of, newest_key_id, seal, unseal

BATCH = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one column's rotation did."""

    column: str
    resealed: int
    broken: tuple[str, ...]


def sealed_fields() -> list[SealedField]:
    """Return every sealed column there is; a new one needs no registration."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields  # noqa: SLF001  # Django's own name for it
        if isinstance(field, SealedField)
    ]


def rotate() -> list[Rotated]:
    """Seal again whatever an older key sealed. It may be stopped and run again; what is broken is left alone."""
    return [_rotate(field) for field in sealed_fields()]


def _rotate(field: SealedField) -> Rotated:
    quote = connection.ops.quote_name
    meta = field.model._meta  # noqa: SLF001
    table, column, key = (quote(str(name)) for name in (meta.db_table, field.column, meta.pk.column))
    resealed, broken = 0, []
    after = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            # Not through the model, which would unseal on the way and stop at the first that is broken.
            where = f"{column} IS NOT NULL" + (f" AND {key} > %s" if after is not None else "")
            cursor.execute(
                f"SELECT {key}, {column} FROM {table} WHERE {where} ORDER BY {key} LIMIT {BATCH} FOR UPDATE",  # noqa: S608
                [] if after is None else [after],
            )
            rows = cursor.fetchall()
            for row_key, sealed in rows:
                try:
                    if key_id_of(bytes(sealed)) == newest_key_id():
                        continue
                    fresh = seal(unseal(bytes(sealed), purpose=field.purpose), purpose=field.purpose)
                except SealError as error:
                    broken.append(f"{row_key}: {error}")
                    continue
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [fresh, row_key])  # noqa: S608
                resealed += 1
        if len(rows) < BATCH:
            return Rotated(field.purpose, resealed, tuple(broken))
        after = rows[-1][0]
