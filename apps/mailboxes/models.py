"""Addresses: where they lead and how much they hold.

A mailbox and an alias never have the same address: a trigger keeps them apart (migration 0002).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.organisations.models import Organisation


class Mailbox(models.Model):
    """An address that keeps mail, with an owner, members and a quota."""

    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="mailboxes")
    local_part = models.CharField(max_length=64, help_text="In lower case.")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="mailboxes")
    quota_bytes = models.BigIntegerField(default=0, help_text="0 means no limit.")
    private_seen = models.BooleanField(default=False, help_text="Each member has read marks of their own.")
    is_active = models.BooleanField(default=True)
    removing_since = models.DateTimeField(
        null=True, blank=True, help_text="It was deleted, and its mail goes little by little."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "local_part"], name="mailbox_address_once"),
            models.CheckConstraint(
                condition=models.Q(local_part=Lower("local_part")), name="mailbox_local_part_is_lower"
            ),
            models.CheckConstraint(condition=models.Q(quota_bytes__gte=0), name="mailbox_quota_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain.name}"


class MailboxMember(models.Model):
    """A user who may use a mailbox that is not theirs."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    rights = ArrayField(
        models.CharField(max_length=20), default=list, help_text="Of read, write, send, manage."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "user"], name="member_once"),
            models.CheckConstraint(
                condition=models.Q(rights__contained_by=["read", "write", "send", "manage"]),
                name="member_rights_are_known",
            ),
        ]


class Alias(models.Model):
    """An address that only points."""

    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="aliases")
    local_part = models.CharField(max_length=64, help_text="In lower case.")
    targets = ArrayField(models.CharField(max_length=320), help_text="Addresses, ours or not.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "local_part"], name="alias_address_once"),
            models.CheckConstraint(
                condition=models.Q(local_part=Lower("local_part")), name="alias_local_part_is_lower"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain.name}"


class Usage(models.Model):
    """What a mailbox holds; made with it, and moves in the transaction that moves mail."""

    mailbox = models.OneToOneField(Mailbox, primary_key=True, on_delete=models.CASCADE, related_name="usage")
    bytes = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)


class UsageSum(models.Model):
    """What all mailboxes of a domain hold, or (with no domain) of an organisation; counted every minute."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="usage_sums")
    domain = models.ForeignKey(Domain, null=True, on_delete=models.CASCADE, related_name="usage_sums")
    bytes = models.BigIntegerField()
    messages = models.BigIntegerField()
    counted_at = models.DateTimeField(help_text="When counting last found these figures to be new.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "domain"], nulls_distinct=False, name="usage_sum_once"
            ),
        ]
