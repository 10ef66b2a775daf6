"""Names we serve."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.organisations.models import Organisation
from apps.vault.fields import SealedField

from .keymaking import Algorithm

SELECTOR = r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$"
"""Labels of a host name, in lower case: what a selector may be, and nothing that reads as more (RFC 6376 3.1)."""


class Domain(models.Model):
    """A name we serve, as A-labels in lower case."""

    class StsMode(models.TextChoices):
        """What others shall do when they cannot reach us by TLS (RFC 8461 5)."""

        NONE = "none", _("no rule")
        TESTING = "testing", _("only report")
        ENFORCE = "enforce", _("deliver by TLS or not at all")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="domains")
    name = models.CharField(max_length=253, unique=True)
    is_active = models.BooleanField(default=True)
    quota_bytes = models.BigIntegerField(
        null=True, blank=True, help_text="All its mail; empty means no limit."
    )
    sts_mode = models.CharField(max_length=10, choices=StsMode, default=StsMode.TESTING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(name=Lower("name")), name="domain_name_is_lower"),
        ]

    def __str__(self) -> str:
        return self.name


class DkimKey(models.Model):
    """A key that signs a domain's mail: pending until it is seen in DNS, then active, one of each algorithm."""

    class State(models.TextChoices):
        """Where it is in its life."""

        PENDING = "pending"
        ACTIVE = "active"
        RETIRED = "retired"

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="dkim_keys")
    selector = models.CharField(max_length=63)
    algorithm = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Algorithm])
    private = SealedField(help_text="PKCS #8, DER; it never leaves the server.")
    public = models.TextField(help_text="What p= of its record says.")
    bits = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(
        null=True, help_text="Since when its record is seen in DNS, looked for while pending."
    )
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="dkim_selector_once"),
            models.UniqueConstraint(
                fields=["domain", "algorithm"], condition=models.Q(state="active"), name="dkim_one_active"
            ),
            models.UniqueConstraint(
                fields=["domain", "algorithm"], condition=models.Q(state="pending"), name="dkim_one_pending"
            ),
            models.CheckConstraint(
                condition=models.Q(selector__regex=SELECTOR), name="dkim_selector_is_labels"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector} ({self.algorithm})"

    @property
    def kind(self) -> str:
        """What sort of key it is, for people."""
        return f"RSA {self.bits}" if self.algorithm == Algorithm.RSA else "Ed25519"


class MtaStsPolicy(models.Model):
    """What another domain published about mail to it (RFC 8461): kept for all processes, written by `mta_sts`."""

    domain = models.TextField(primary_key=True)
    policy_id = models.CharField(
        max_length=32, blank=True, help_text="What DNS called it; empty: none was had."
    )
    mode = models.CharField(
        max_length=8, blank=True, help_text="enforce, testing or none; empty: none was had."
    )
    hosts = ArrayField(models.TextField())
    max_age = models.IntegerField()
    fetched_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(help_text="When it was last fetched, in vain or not.")
    tried_id = models.CharField(max_length=32, help_text="What DNS called it then.")
    result = models.CharField(
        max_length=40, blank=True, help_text="What a TLS report calls the last failure."
    )
    problem = models.TextField(blank=True, help_text="Why the last fetch failed.")
    used_at = models.DateTimeField(help_text="When mail last went to the domain, to the day.")


class DnsLook(models.Model):
    """What was found of a domain's records when somebody last looked."""

    domain = models.OneToOneField(Domain, on_delete=models.CASCADE, primary_key=True, related_name="dns_look")
    looked_at = models.DateTimeField()
    findings = models.JSONField(default=list)
    faults = models.PositiveIntegerField(default=0, help_text="How many records have to be put right.")

    class Meta:
        indexes = [models.Index(fields=["looked_at"], name="dns_look_by_age")]


class Certificate(models.Model):
    """A certificate our doors show to whoever asks for one of its names (SNI)."""

    class Source(models.TextChoices):
        """Who gave it to us."""

        ACME = "acme"
        UPLOADED = "uploaded"

    names = ArrayField(models.TextField(), help_text="As A-labels; `*.` may begin one.")
    source = models.CharField(max_length=10, choices=Source)
    domain = models.ForeignKey(
        Domain,
        on_delete=models.CASCADE,
        null=True,
        related_name="certificates",
        help_text="Whose names an authority is asked for; empty: the server's own, or an uploaded one.",
    )
    wanted = ArrayField(
        models.TextField(), default=list, help_text="What an authority is asked for next time."
    )
    chain = models.TextField(
        blank=True, help_text="PEM, its own first; empty until an authority has issued it."
    )
    private = SealedField(null=True, help_text="PKCS #8, PEM; it never leaves the server.")
    issuer = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the first certificate.")
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="When it was last put or replaced.")
    last_error = models.TextField(blank=True, help_text="Why the last try to renew it failed.")
    failures = models.PositiveIntegerField(default=0, help_text="Tries that failed since it was last issued.")
    next_try = models.DateTimeField(null=True, help_text="When an authority is asked for it again.")
    is_wanted_now = models.BooleanField(default=False, help_text="Somebody wants it asked for, due or not.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(chain="") | models.Q(not_after__isnull=False, private__isnull=False),
                name="certificate_is_whole",
            ),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(source="acme"),
                nulls_distinct=False,
                name="certificate_one_asked_for",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(self.names[:3]) + (" …" if len(self.names) > 3 else "")


class AcmeAccount(models.Model):
    """Our account with an authority that issues certificates (RFC 8555)."""

    directory = models.TextField(primary_key=True, help_text="The address of the authority.")
    key = SealedField(help_text="PKCS #8, PEM.")
    uri = models.TextField(blank=True, help_text="What the authority calls the account; empty: not made yet.")
    made_at = models.DateTimeField()


class AcmeChallenge(models.Model):
    """What the web process answers an authority that asks whether a name is ours (RFC 8555 8.3)."""

    token = models.CharField(max_length=128, primary_key=True)
    answer = models.TextField()
    made_at = models.DateTimeField()
