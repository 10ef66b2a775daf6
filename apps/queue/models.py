"""What we have promised to deliver: one row a message, one row a recipient, one row an attempt.

Only `services` writes these tables; `sql.py` holds the statements. Recipients repeat their message's
priority and size so that claiming and the quota's count of queued bytes read one index.
"""

from django.db import models
from django.db.models.functions import Now

from apps.organisations.models import Organisation


class Lane(models.TextChoices):
    """Which courier carries a parcel."""

    LOCAL = "local"
    REMOTE = "remote"


class Origin(models.TextChoices):
    """Which door the message came in by."""

    MX = "mx"
    SUBMISSION = "submission"
    INTERNAL = "internal", "made by ourselves: a bounce, a redirect, a vacation reply"


class State(models.TextChoices):
    """Where a recipient stands; the last four are ends, though poison waits for an operator."""

    QUEUED = "queued", "to be delivered when due"
    HELD = "held", "kept by an operator or a policy until released"
    DELIVERED = "delivered"
    FAILED = "failed", "refused for good; the sender is told"
    EXPIRED = "expired", "tried for as long as we promise; the sender is told"
    POISON = "poison", "set aside because handling it raised an error of ours"


class QueuedMessage(models.Model):
    """A message we accepted: its blob, facts parsed once, envelope and common trace headers."""

    # No constraint: it would lock the tenant's row once for every message accepted.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    blob_hash = models.BinaryField(help_text="With the organisation, the key of the blob.")
    size = models.IntegerField(help_text="Bytes of the blob.")
    facts = models.BinaryField(help_text="What the MIME scanner found, packed; see facts.py.")
    sender = models.TextField(help_text="The envelope's sender; empty is the null sender.")
    verdict = models.JSONField(null=True, help_text="How it was judged; empty means not yet.")
    evidence = models.JSONField(
        null=True, help_text="What checking its sender came to; empty means that nobody checked."
    )
    trace_id = models.UUIDField()
    prefix = models.BinaryField(help_text="Trace headers every copy gets: Received and what examining found.")
    smtputf8 = models.BooleanField(default=False)
    eight_bit = models.BooleanField(default=False, help_text="Sent as BODY=8BITMIME.")
    requiretls = models.BooleanField(default=False)
    ret = models.CharField(max_length=4, default="", help_text="DSN: FULL, HDRS or nothing (RFC 3461 4.3).")
    envid = models.CharField(max_length=100, default="", help_text="DSN: the sender's id (RFC 3461 4.4).")
    priority = models.SmallIntegerField(default=0, help_text="Higher is claimed first.")
    origin = models.CharField(max_length=10, choices=Origin)
    accepted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "queue_message"
        indexes = [models.Index(fields=["organisation", "blob_hash"], name="queue_message_blob")]


class QueuedRecipient(models.Model):
    """One address a message still has to reach, or has reached."""

    message = models.ForeignKey(QueuedMessage, on_delete=models.CASCADE, related_name="recipients")
    lane = models.CharField(max_length=6, choices=Lane)
    address = models.TextField()
    domain = models.TextField(help_text="Destination of the remote lane, as A-labels in lower case.")
    mailbox_id = models.BigIntegerField(null=True, help_text="Where the local lane files it.")
    orcpt = models.TextField(default="", help_text="DSN: the original recipient (RFC 3461 4.2).")
    notify = models.CharField(max_length=30, default="", help_text="DSN: when to tell (RFC 3461 4.1).")
    priority = models.SmallIntegerField(default=0)
    size = models.IntegerField()
    state = models.CharField(max_length=9, choices=State, db_default=State.QUEUED)
    attempts = models.SmallIntegerField(db_default=0)
    next_attempt = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.TextField(null=True)  # noqa: DJ001 - null is "nobody", and it is the usual case.
    last_reply = models.TextField(db_default="", help_text="The last words about it, theirs or ours.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "queue_recipient"
        indexes = [
            models.Index(
                models.F("lane"),
                models.F("priority").desc(),
                models.F("next_attempt"),
                condition=models.Q(state="queued"),
                name="queue_recipient_due",
            ),
            models.Index(
                fields=["domain", "next_attempt"],
                condition=models.Q(state="queued", lane="remote"),
                name="queue_recipient_domain",
            ),
            models.Index(
                fields=["mailbox_id"],
                include=["size"],
                condition=models.Q(state__in=["queued", "held"], mailbox_id__isnull=False),
                name="queue_recipient_mailbox",
            ),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="queue_recipient_finished",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True)
                | models.Q(state__in=["delivered", "failed", "expired"]),
                name="queue_recipient_finished_is_an_end",
            ),
        ]


class Attempt(models.Model):
    """One try to deliver to one recipient, with the words that ended it."""

    recipient = models.ForeignKey(QueuedRecipient, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=9, help_text="delivered, deferred or failed.")
    host = models.TextField(help_text="Who said it; empty when it was ourselves.")
    reply = models.TextField()

    class Meta:
        db_table = "queue_attempt"
