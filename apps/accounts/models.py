"""Who may sign in, how, and what they may do."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from apps.domains.models import Domain
from apps.organisations.models import Organisation
from apps.vault.fields import SealedField

from .doors import MAIL_DOORS


class UserManager(BaseUserManager["User"]):
    """Looks users up by their address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user whose address this is."""
        return self.get(address=(username or "").lower())


class User(AbstractBaseUser):
    """Someone who signs in. The password lives in a Credential, never here."""

    password = None  # type: ignore[assignment]
    last_login = None  # Credential.last_used_at and Session tell it.
    address = models.CharField(max_length=320, unique=True)
    name = models.CharField(max_length=200, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    domain = models.ForeignKey(
        Domain, on_delete=models.PROTECT, related_name="users", help_text="The domain of the address."
    )
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=12, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "address"
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address=Lower("address")), name="user_address_is_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.address


class Role(models.Model):
    """What a user may do in an organisation or in a domain, beyond what is their own.

    A superadmin's role stands in an organisation, too, and reaches everywhere. Who has no role is a plain user.
    """

    class Kind(models.TextChoices):
        """The roles there are, strongest first."""

        SUPERADMIN = "superadmin"
        ORGANISATION_ADMIN = "organisation_admin"
        DOMAIN_ADMIN = "domain_admin"
        SUPPORT = "support"
        AUDITOR = "auditor"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=20, choices=Kind)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE)
    domain = models.ForeignKey(Domain, null=True, blank=True, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=False) ^ models.Q(domain__isnull=False),
                name="role_in_exactly_one_place",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="domain_admin", domain__isnull=True)
                & ~models.Q(kind__in=["superadmin", "organisation_admin"], organisation__isnull=True),
                name="role_in_its_kind_of_place",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "organisation", "domain"], name="role_once", nulls_distinct=False
            ),
        ]


class Credential(models.Model):
    """One secret a user can prove: password, app password or API token; only a verifier is kept."""

    class Kind(models.TextChoices):
        """What the credential is for."""

        PASSWORD = "password"
        APP_PASSWORD = "app_password"
        API_TOKEN = "api_token"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=20, choices=Kind)
    label = models.CharField(max_length=200, blank=True)
    scheme = models.CharField(max_length=40)
    verifier = models.TextField()
    scram = models.JSONField(
        null=True, help_text="SCRAM stored and server keys by mechanism; app passwords only."
    )
    scopes = ArrayField(
        models.CharField(max_length=60), default=list, help_text="Doors of an app password, verbs of a token."
    )
    networks = ArrayField(
        models.CharField(max_length=50), default=list, help_text="Where it may be used from; empty: anywhere."
    )
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(kind="password"), name="one_password_a_user"
            ),
            # Generated secrets are found by their keyed hash, without a user.
            models.UniqueConstraint(
                fields=["verifier"], condition=~models.Q(kind="password"), name="credential_verifier_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="app_password") ^ models.Q(scram__isnull=True),
                name="scram_of_app_passwords_only",
            ),
        ]


class Session(models.Model):
    """One signed-in door, so that a user can see and end it.

    A mail program that signs in again through the same door, from the same address, with the same credential goes
    on with its session: a phone is one line in the list and not a thousand. A browser's session is its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    credential = models.ForeignKey(Credential, null=True, on_delete=models.SET_NULL, related_name="sessions")
    passkey = models.ForeignKey("Passkey", null=True, on_delete=models.SET_NULL, related_name="sessions")
    door = models.CharField(max_length=20)
    factor = models.CharField(
        max_length=20, blank=True, help_text="The second factor that was shown, if any."
    )
    proved_at = models.DateTimeField(
        null=True, help_text="When its user last showed a password or factor; browsers only."
    )
    peer = models.GenericIPAddressField(null=True)
    client = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-seen_at"], name="session_by_user")]
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "door", "peer", "client"],
                condition=models.Q(ended_at__isnull=True, door__in=sorted(map(str, MAIL_DOORS))),
                nulls_distinct=False,
                name="session_goes_on",
            )
        ]


class WebSession(models.Model):
    """A browser's cookie and what we keep for it; its `session`, once signed in, is what lists show and end."""

    key = models.CharField(
        max_length=64,
        primary_key=True,
        help_text="SHA-256 of the cookie: who reads the table gets in nowhere.",
    )
    session = models.OneToOneField(Session, null=True, on_delete=models.CASCADE, related_name="web")
    data = models.JSONField(default=dict)
    is_remembered = models.BooleanField(default=False, help_text="It outlives the browser's window.")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="web_session_by_age")]


class Totp(models.Model):
    """An app on a phone that shows a code every 30 seconds (RFC 6238); it counts once it was confirmed."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    secret = SealedField()
    last_counter = models.BigIntegerField(
        default=0, help_text="The step of the last code used: none works twice."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)


class Passkey(models.Model):
    """A key pair in a device or a password manager (WebAuthn): signs in alone, or after the password."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    label = models.CharField(max_length=200)
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    party = models.CharField(max_length=253, help_text="The host name it was made for, and works at.")
    sign_count = models.BigIntegerField(
        default=0, help_text="Must grow, where the device counts: a copy shows."
    )
    transports = ArrayField(models.CharField(max_length=20), default=list)
    is_synced = models.BooleanField(default=False, help_text="Kept by a password manager on several devices.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code on paper for the day the phone is lost; only a keyed hash is kept, and it works once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    verifier = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "verifier"], name="recovery_code_once")]


class PendingSignIn(models.Model):
    """Somebody who gave the right password and has yet to show a second factor. Its table is unlogged."""

    key = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of the token the browser holds."
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="pending_by_age")]


class Challenge(models.Model):
    """What a browser was given to have signed by a passkey: good for one purpose, once. Its table is unlogged."""

    class Purpose(models.TextChoices):
        """What a signature is asked for."""

        REGISTER = "register"
        SIGN_IN = "sign_in"
        SECOND_FACTOR = "second_factor"
        PROVE = "prove"

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the challenge.")
    purpose = models.CharField(max_length=20, choices=Purpose)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="challenge_by_age")]


class Failure(models.Model):
    """One wrong password, remembered for a while: the throttle's memory. Its table is unlogged."""

    network = models.CharField(max_length=50)
    login = models.BinaryField(help_text="Keyed hash: people type passwords where their address belongs.")
    fingerprint = models.BinaryField(
        help_text="Keyed hash of login and password: the same mistake counts once."
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "login", "fingerprint"], name="failure_counts_once"),
        ]
        indexes = [models.Index(fields=["at"], name="failure_by_age")]
