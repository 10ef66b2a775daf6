"""What is remembered of senders."""

from django.db import models
from django.db.models.functions import Now

from .learning import Trained


class Said(models.Model):
    """A mark, by one name of the message's sender (`Kind` in identities.py)."""

    pk = models.CompositePrimaryKey("mailbox_id", "kind", "name", "content_id")
    mailbox_id = models.BigIntegerField()
    kind = models.SmallIntegerField()
    name = models.TextField(db_collation="C")
    content_id = models.BigIntegerField()
    label = models.SmallIntegerField(choices=Trained.Label)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["mailbox_id", "content_id"], name="spam_said_content")]


class Standing(models.Model):
    """What the people of an organisation say of a sender, faded with time; made anew like levels of tokens."""

    pk = models.CompositePrimaryKey("organisation_id", "kind", "name")
    organisation_id = models.BigIntegerField()
    kind = models.SmallIntegerField()
    name = models.TextField(db_collation="C")
    good = models.FloatField()
    bad = models.FloatField()
    voices = models.IntegerField()


class Known(models.Model):
    """Somebody a mailbox wrote to: read from its folder of sent mail, whichever program put it there.

    `name_key` and `domain_key` are how name and domain look (lookalikes.py).
    """

    pk = models.CompositePrimaryKey("mailbox_id", "address")
    mailbox_id = models.BigIntegerField()
    address = models.TextField(db_collation="C")
    name = models.TextField()
    name_key = models.TextField(db_collation="C")
    domain_key = models.TextField(db_collation="C")
    sent = models.IntegerField(db_default=1)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["mailbox_id", "name_key"], name="spam_known_name"),
            models.Index(fields=["mailbox_id", "domain_key"], name="spam_known_domain"),
        ]
