"""What the page about a user's security shows: factors, app passwords, sessions. A fixed number of queries each."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from .devices import summary
from .doors import BROWSER_DOORS
from .factors import Factor
from .models import Credential, Passkey, RecoveryCode, Session, Totp, User


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey."""

    id: int
    label: str
    party: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a user; `is_on` says that a password alone is not enough."""

    totp_since: datetime | None
    passkeys: tuple[PasskeyRow, ...]
    recovery_codes_left: int

    @property
    def is_on(self) -> bool:
        """Whether there is a second factor."""
        return self.totp_since is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One app password or API token; its secret was shown once."""

    id: int
    kind: str
    label: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session: `device` is the browser or program as people say it, `client` as it calls itself."""

    id: uuid.UUID
    door: str
    device: str
    client: str
    peer: str | None
    factor: str
    credential: str
    created_at: datetime
    seen_at: datetime
    is_browser: bool
    is_current: bool


def factors(user: User) -> Factors:
    """Return a user's second factors."""
    totp = Totp.objects.filter(user=user).values_list("confirmed_at", flat=True).first()
    rows = tuple(
        PasskeyRow(row.id, row.label, row.party, row.is_synced, row.created_at, row.last_used_at)
        for row in Passkey.objects.filter(user=user).defer("public_key").order_by("id")
    )
    return Factors(totp, rows, recovery_codes_left(user.id))


def recovery_codes_left(user_id: int) -> int:
    """Return how many codes from paper still work."""
    return RecoveryCode.objects.filter(user=user_id, used_at=None).count()


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One second factor of somebody; `left` counts recovery codes."""

    address: str
    kind: str
    label: str
    since: datetime | None
    last_used_at: datetime | None = None
    left: int | None = None


def list_factors(user: User | None) -> list[FactorRow]:
    """Return the second factors of one user or of all, in three queries."""
    mine = {} if user is None else {"user": user}
    rows = [
        FactorRow(address, Factor.TOTP, "", since)
        for address, since in Totp.objects.filter(confirmed_at__isnull=False, **mine).values_list(
            "user__address", "confirmed_at"
        )
    ]
    rows += [
        FactorRow(row.user.address, Factor.PASSKEY, row.label, row.created_at, row.last_used_at)
        for row in Passkey.objects.select_related("user").filter(**mine).order_by("id")
    ]
    codes = RecoveryCode.objects.filter(used_at=None, **mine).values("user__address")
    rows += [
        FactorRow(row["user__address"], Factor.RECOVERY_CODE, "", None, left=row["left"])
        for row in codes.annotate(left=Count("id"))
    ]
    return sorted(rows, key=lambda row: row.address)


def app_passwords(user: User) -> list[CredentialRow]:
    """Return a user's app passwords."""
    return _credentials(user, Credential.Kind.APP_PASSWORD)


def api_tokens(user: User) -> list[CredentialRow]:
    """Return a user's API tokens."""
    return _credentials(user, Credential.Kind.API_TOKEN)


def _credentials(user: User, kind: Credential.Kind) -> list[CredentialRow]:
    now = timezone.now()
    return [
        CredentialRow(
            row.id,
            row.kind,
            row.label,
            tuple(row.scopes),
            tuple(row.networks),
            row.created_at,
            row.expires_at,
            row.last_used_at,
            row.expires_at is not None and row.expires_at <= now,
        )
        for row in Credential.objects.filter(user=user, kind=kind).defer("scram", "verifier").order_by("id")
    ]


def live_sessions(user: User, *, current: uuid.UUID | None = None) -> list[SessionRow]:
    """Return the sessions a user could end, the last seen first; `current` is the one who asks."""
    now = timezone.now()
    rows = Session.objects.select_related("credential", "passkey").filter(user=user, ended_at=None)
    # A browser's that grew too old ends at the next housekeeping; it lets nobody in any more.
    return [
        SessionRow(
            id=row.id,
            door=row.door,
            device=summary(row.client) or row.client,
            client=row.client,
            peer=row.peer,
            factor=row.factor,
            credential=row.credential.label if row.credential else row.passkey.label if row.passkey else "",
            created_at=row.created_at,
            seen_at=row.seen_at,
            is_browser=row.door in BROWSER_DOORS,
            is_current=row.id == current,
        )
        for row in rows.exclude(web__expires_at__lt=now).order_by("-seen_at", "id")
    ]
