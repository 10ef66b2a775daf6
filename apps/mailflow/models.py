"""What the journey itself must remember."""

from django.db import models

from apps.mailboxes.models import Mailbox


class Imported(models.Model):
    """A message that was imported into a mailbox, so that a second import does not file it again."""

    pk = models.CompositePrimaryKey("mailbox_id", "key")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BinaryField(max_length=16, help_text="Hash of folder and content.")
    run = models.BigIntegerField(help_text="The last import that came across it.")
    seen = models.IntegerField(help_text="How often that import came across it.")
    imported = models.IntegerField(help_text="How many copies were filed.")
