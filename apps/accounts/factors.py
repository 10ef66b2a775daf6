"""The second factors there are, and which of them a user has."""

import enum

from django.db import connection

from . import sql


class Factor(enum.StrEnum):
    """What may be shown after a password."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


def factors_of(user_id: int) -> tuple[Factor, ...]:
    """Return what a user may show after the password; none where the password is enough."""
    with connection.cursor() as cursor:
        cursor.execute(sql.FACTORS, {"user": user_id})
        has_totp, has_passkey, has_recovery_code = cursor.fetchone()
    if not (has_totp or has_passkey):
        return ()
    has = {Factor.TOTP: has_totp, Factor.PASSKEY: has_passkey, Factor.RECOVERY_CODE: has_recovery_code}
    return tuple(factor for factor in Factor if has[factor])


def has_second_factor(user_id: int) -> bool:
    """Say whether a password alone no longer lets this user in."""
    return bool(factors_of(user_id))
