"""Who may sign in, how, and what they may do."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from apps.domains.models import Domain
from apps.organisations.models import Organisation


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

    A client that signs in again through the same door, from the same address, with the same credential goes on
    with its session: a phone is one line in the list and not a thousand.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    credential = models.ForeignKey(Credential, null=True, on_delete=models.SET_NULL, related_name="sessions")
    door = models.CharField(max_length=20)
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
                condition=models.Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="session_goes_on",
            )
        ]


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
