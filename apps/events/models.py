"""The record of what happened."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One change, by whom and to what; its hash seals it and every entry before it. Append-only by trigger.

    No foreign keys: an entry outlives what it tells of. The peer is text, for a database that rewrites an
    address would break the hash.
    """

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=320)
    peer = models.CharField(max_length=60, null=True)  # noqa: DJ001  # no peer is not an empty one
    action = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=60)
    target = models.CharField(max_length=400)
    organisation_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["organisation_id", "-id"], name="audit_by_organisation"),
            models.Index(fields=["target_kind", "target_id", "-id"], name="audit_by_target"),
        ]
        constraints = [
            # Two entries after the same one would be two chains.
            models.UniqueConstraint(fields=["previous"], name="audit_one_chain"),
        ]


class MessageEvent(models.Model):
    """One thing that happened to one message; `trace` writes and reads them. Partitioned by day."""

    pk = models.CompositePrimaryKey("trace_id", "at", "id")
    trace_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())
    id = models.BigIntegerField(db_default=Func(Value("events_messageevent_id_seq"), function="nextval"))
    kind = models.CharField(max_length=20)
    organisation_id = models.BigIntegerField(null=True)
    keys = ArrayField(models.TextField(), null=True, help_text="What the message can be found by.")
    detail = models.JSONField()


class Tally(models.Model):
    """How many messages came, left or were refused in five minutes; `traffic` makes them from the trace, and reads them.

    Those without domain and recipients are sums of everything. What concerns one domain we serve is its own; what
    concerns several keeps whose sender wrote, and for whom it was.
    """

    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    domain = models.CharField(max_length=255, null=True)  # noqa: DJ001  # none is not an empty one
    sender = models.CharField(max_length=255, null=True)  # noqa: DJ001  # likewise
    recipients = ArrayField(models.TextField(), null=True)
    count = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["at"],
                name="tally_of_all",
                condition=models.Q(domain__isnull=True, recipients__isnull=True),
                include=["kind", "count"],
            ),
            models.Index(
                fields=["domain", "at"],
                name="tally_of_one",
                condition=models.Q(domain__isnull=False),
                include=["kind", "count"],
            ),
            models.Index(
                fields=["at"], name="tally_of_several", condition=models.Q(recipients__isnull=False)
            ),
        ]


class Tallied(models.Model):
    """One row: until when the trace is summed up."""

    until = models.DateTimeField()
