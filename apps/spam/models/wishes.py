"""What people want of the filter: lines, lists, and groups that share them."""

from django.db import models
from django.db.models.functions import Now

from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.spam.lists import Effect, Subject
from apps.spam.thresholds import Preset

from .scopes import SCOPE, Scoped, names_its_level


class FilterGroup(models.Model):
    """Mailboxes of an organisation that share lines and lists."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="filter_groups")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="spam_group_name_once")]

    def __str__(self) -> str:
        return self.name


class FilterGroupMember(models.Model):
    """A mailbox in a group; in one at most, or two groups could draw two lines."""

    mailbox = models.OneToOneField(
        Mailbox, primary_key=True, on_delete=models.CASCADE, related_name="filter_group"
    )
    group = models.ForeignKey(FilterGroup, on_delete=models.CASCADE, related_name="members")


class FilterSettings(Scoped):
    """What one level wants otherwise than the level above it."""

    preset = models.CharField(max_length=10, blank=True, choices=[(one.value, one.value) for one in Preset])
    lines = models.JSONField(default=dict, help_text="Scores by action; null: never done.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=SCOPE, nulls_distinct=False, name="spam_settings_once"),
            names_its_level("spam_settings_scope"),
        ]


class SenderEntry(Scoped):
    """A sender, a network or words of a subject that are always wanted, or never."""

    effect = models.CharField(max_length=5, choices=[(one.value, one.value) for one in Effect])
    subject = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Subject])
    pattern = models.CharField(max_length=320, help_text="In lower case.")
    reason = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=320, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[*SCOPE, "subject", "pattern"], nulls_distinct=False, name="spam_sender_once"
            ),
            names_its_level("spam_sender_scope"),
        ]
        indexes = [models.Index(fields=["subject", "pattern"], name="spam_sender_pattern")]
