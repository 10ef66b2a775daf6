"""How a message was judged for one mailbox: kept for as long as people ask why, and what is tried out on it."""

from django.db import models
from django.db.models.functions import Now


class State(models.TextChoices):
    """Where a message is that was not simply delivered: junk and quarantine are one thing in two states."""

    DELIVERED = "", "in the inbox, or wherever filters put it"
    JUNK = "junk", "in the folder for junk"
    HELD = "held", "quarantined: kept in the queue, and shown in no folder"
    RELEASED = "released", "taken out of junk or quarantine"
    DELETED = "deleted", "removed from junk or quarantine"


class Label(models.TextChoices):
    """What its owner said of it; empty: nothing."""

    NONE = "", "nothing"
    HAM = "ham", "wanted"
    SPAM = "spam", "unwanted"


class Judgement(models.Model):
    """One message judged for one mailbox; a table with a partition for each day (see `keeping`)."""

    pk = models.CompositePrimaryKey("mailbox_id", "judged_at", "id")
    mailbox_id = models.BigIntegerField(help_text="Whose copy; for mail that leaves, its sender's own, or 0.")
    judged_at = models.DateTimeField(db_default=Now())
    id = models.BigIntegerField(
        db_default=models.Func(models.Value("spam_judgement_id_seq"), function="nextval")
    )
    organisation_id = models.BigIntegerField()
    trace_id = models.UUIDField()
    content_id = models.BigIntegerField(null=True, help_text="Null: in no folder (held, or on its way out).")
    parcel_id = models.BigIntegerField(null=True, help_text="The queue's row, of what is held.")
    is_outbound = models.BooleanField(default=False)
    sender = models.TextField(help_text="Its author, else the envelope's sender.")
    subject = models.TextField()
    score = models.FloatField(help_text="In nats of log-odds.")
    probability = models.FloatField()
    action = models.CharField(max_length=10)
    sort = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=20)
    detail = models.JSONField(
        help_text="The line that decided and whose it is, the entry that won, what else."
    )
    symbols = models.JSONField(help_text="Each [name, weight, source, detail, sort].")
    missing = models.JSONField(default=list, help_text="Each [source, why it could not be asked].")
    versions = models.JSONField(default=dict, help_text="Of the rules and the models that were asked.")
    vector = models.BinaryField(
        null=True, help_text="What the learned part saw, to judge it again by arithmetic."
    )
    milliseconds = models.FloatField(default=0, help_text="Processor time it took.")
    label = models.CharField(max_length=4, blank=True, choices=Label, default=Label.NONE)
    state = models.CharField(max_length=8, blank=True, choices=State, default=State.DELIVERED)

    class Meta:
        db_table = "spam_judgement"
