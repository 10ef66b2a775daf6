"""Who may sign in, how, and what they may do."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

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
    address = models.CharField(max_length=320, unique=True)
    name = models.CharField(max_length=200, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=12, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "address"
    objects = UserManager()

    def __str__(self) -> str:
        return self.address


class Role(models.Model):
    """What a user may do, in an organisation or in a domain; a superadmin everywhere."""

    class Kind(models.TextChoices):
        """The roles there are, strongest first."""

        SUPERADMIN = "superadmin"
        ORGANISATION_ADMIN = "organisation_admin"
        DOMAIN_ADMIN = "domain_admin"
        SUPPORT = "support"
        AUDITOR = "auditor"
        USER = "user"

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
    lookup = models.BinaryField(
        null=True, unique=True, help_text="Keyed hash that finds a token without its user."
    )
    scram = models.JSONField(
        null=True, help_text="SCRAM stored and server keys by mechanism; app passwords only."
    )
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    networks = ArrayField(models.CharField(max_length=50), default=list)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Session(models.Model):
    """One signed-in door, so that a user can see and end it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    door = models.CharField(max_length=20)
    peer = models.GenericIPAddressField(null=True)
    client = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
