"""What the journey itself must remember."""

from django.db import models
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.mailboxes.models import Mailbox


class Imported(models.Model):
    """A message that was imported into a mailbox, so that a second import does not file it again."""

    pk = models.CompositePrimaryKey("mailbox_id", "key")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BinaryField(max_length=16, help_text="Hash of folder and content.")
    run = models.BigIntegerField(help_text="The last import that came across it.")
    seen = models.IntegerField(help_text="How often that import came across it.")
    imported = models.IntegerField(help_text="How many copies were filed.")


class UndoRecord(models.Model):
    """What a user did with messages, and how to take it back: for a day, once.

    `steps` are in the order they were done; each names one folder, or two, and the contents concerned as ranges of
    ids, a thousand messages at most. Undoing takes the last step off until there is none.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    detail = models.TextField(db_default="", help_text="The folder or label concerned.")
    steps = models.JSONField(default=list)
    messages = models.IntegerField(db_default=0)
    restored = models.IntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="mailflow_undo_user"),
            models.Index(fields=["created_at"], name="mailflow_undo_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.messages}"
