"""What all second factors have in common: the first brings recovery codes, the last takes them along."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import generated, onetime
from apps.accounts.doors import BROWSER_DOORS, MAIL_DOORS
from apps.accounts.factors import has_second_factor
from apps.accounts.models import Challenge, Credential, Passkey, PendingSignIn, RecoveryCode, Totp, User
from apps.accounts.services import sessions
from apps.accounts.services.users import target_of
from apps.events import audit
from apps.organisations.errors import DirectoryError
from apps.vault.secrets import secret

PENDING_FOR = timedelta(minutes=10)


class FactorError(DirectoryError):
    """A factor that cannot be added or changed; the text is a sentence for its user."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor was added.

    The first one brings recovery codes, shown this once, and stops mail programs that hold the password:
    `ended_programs` of them were signed in.
    """

    recovery_codes: tuple[str, ...] = ()
    ended_programs: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    """What was taken away: whether an app was, how many passkeys, how many unused recovery codes."""

    totp: bool
    passkeys: int
    recovery_codes: int


def key_of(token: str | bytes) -> str:
    """Return how a token or challenge is kept."""
    data = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
    return hashlib.sha256(data).hexdigest()


def lock(user: User) -> None:
    """Let one change at a time be made to a user's factors, within the caller's transaction."""
    User.objects.select_for_update(no_key=True).get(id=user.id)


def after_adding(user: User, *, is_first: bool) -> Enrolled:
    """Do what the first factor brings, within the caller's transaction, which holds the lock."""
    if not is_first:
        return Enrolled()
    # A password alone is over for mail programs: those that are in by it go, or would stay for weeks.
    ended = 0
    for credential in Credential.objects.filter(user=user, kind=Credential.Kind.PASSWORD):
        ended += sessions.end_all(credential_id=credential.id, doors=MAIL_DOORS)
    return Enrolled(_new_codes(user), ended)


def after_removing(user: User) -> None:
    """Drop recovery codes that stand for nothing any more, within the caller's transaction."""
    if not has_second_factor(user.id):
        RecoveryCode.objects.filter(user=user).delete()


def make_recovery_codes(*, user: User, actor: audit.Actor) -> tuple[str, ...]:
    """Make a new sheet of ten codes, shown this once; those of the old one stop working."""
    with transaction.atomic():
        lock(user)
        if not has_second_factor(user.id):
            raise FactorError(_("Recovery codes stand in for a second factor, and there is none yet."))
        codes = _new_codes(user)
        audit.record(
            actor=actor,
            action="recovery_codes.make",
            target=target_of(user),
            details={"count": len(codes)},
        )
    return codes


def _new_codes(user: User) -> tuple[str, ...]:
    codes, key = onetime.new_recovery_codes(), secret(generated.SECRET)
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, verifier=generated.verifier_of(key, code)) for code in codes
    )
    return codes


def use_recovery_code(user: User, code: str) -> str | None:
    """Use a code up, within the caller's transaction; says why not if it does not work."""
    verifier = generated.verifier_of(secret(generated.SECRET), code)
    unused = RecoveryCode.objects.filter(user=user, verifier=verifier, used_at=None)
    return None if unused.update(used_at=Now()) else "wrong recovery code"


def reset_second_factor(*, user: User, keep: uuid.UUID | None = None, actor: audit.Actor) -> Reset:
    """Take every second factor away, for a user who lost them all or wants none.

    Browsers have to sign in again, but the one to keep.
    """
    with transaction.atomic():
        lock(user)
        # In the order in which signing in locks them; sessions last, when nobody can open one any more.
        PendingSignIn.objects.filter(user=user).delete()
        totp = bool(Totp.objects.filter(user=user).delete()[0])
        passkeys = Passkey.objects.filter(user=user).count()
        Passkey.objects.filter(user=user).delete()
        left = RecoveryCode.objects.filter(user=user, used_at=None).count()
        RecoveryCode.objects.filter(user=user).delete()
        Challenge.objects.filter(user=user).delete()
        sessions.end_all(user_id=user.id, doors=BROWSER_DOORS, but=keep)
        reset = Reset(totp, passkeys, left)
        if totp or passkeys:
            audit.record(
                actor=actor,
                action="second_factor.reset",
                target=target_of(user),
                details={"totp": totp, "passkeys": passkeys, "recovery_codes": left},
            )
    return reset


def forget_expired() -> None:
    """Drop sign-ins nobody finished and challenges nobody answered."""
    now = timezone.now()
    PendingSignIn.objects.filter(expires_at__lt=now).delete()
    Challenge.objects.filter(expires_at__lt=now).delete()
