"""What was learned of whom; nothing outside `apps/spam/marks` writes these rows.

`scope` says whose counts they are: a mailbox's id; an organisation's, negative; 0 for the site. What belongs to a
mailbox has no foreign key to it or to its mail: `forget` takes it when the mailbox is taken apart.
"""

from django.db import models
from django.db.models.functions import Now


class Cursor(models.Model):
    """Up to where a folder was read: whole changes up to `modseq`, and up to `uid` of what comes next."""

    class Purpose(models.IntegerChoices):
        """What it is read for."""

        MARKS = 0
        LETTERS = 1

    pk = models.CompositePrimaryKey("folder_id", "purpose")
    folder_id = models.BigIntegerField()
    purpose = models.SmallIntegerField(choices=Purpose)
    mailbox_id = models.BigIntegerField()
    modseq = models.BigIntegerField(db_default=0)
    uid = models.BigIntegerField(db_default=0)
    touched_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["mailbox_id"], name="spam_cursor_mailbox")]


class Trained(models.Model):
    """A message somebody marked, as what, and exactly what was counted for it, so that it can be uncounted.

    `folder_id` and `uid` are where it was when it was marked: of a message that is gone from there, that is all a log
    knows.
    """

    class Label(models.IntegerChoices):
        """What a person said."""

        GOOD = 0
        BAD = 1

    pk = models.CompositePrimaryKey("mailbox_id", "content_id")
    mailbox_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    label = models.SmallIntegerField(choices=Label)
    folder_id = models.BigIntegerField()
    uid = models.BigIntegerField()
    version = models.SmallIntegerField(help_text="Of the way messages are taken apart.")
    tokens = models.BinaryField(help_text="What was counted: sorted 64-bit numbers, little-endian.")
    steps = models.BinaryField(db_default=b"", help_text="What was added to its own weights (marks/own.py).")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["mailbox_id", "folder_id", "uid"], name="spam_trained_place"),
            models.Index(fields=["mailbox_id", "-at"], name="spam_trained_latest"),
        ]


class Token(models.Model):
    """In how many bad and good messages of a scope something was; above mailboxes these are no whole numbers."""

    pk = models.CompositePrimaryKey("scope", "token")
    scope = models.BigIntegerField()
    token = models.BigIntegerField(help_text="A 64-bit hash.")
    spam = models.FloatField(db_default=0)
    ham = models.FloatField(db_default=0)
    seen = models.DateField(db_default=Now(), help_text="When it was last counted.")


class Total(models.Model):
    """How many bad and good messages a scope was taught, by how many voices; `version` moves with any change."""

    scope = models.BigIntegerField(primary_key=True)
    spam = models.FloatField(db_default=0)
    ham = models.FloatField(db_default=0)
    voices = models.IntegerField(db_default=1)
    version = models.BigIntegerField(db_default=1)
    skipped = models.IntegerField(
        db_default=0, help_text="Marks of messages that could not be read any more."
    )
    skipped_why = models.TextField(db_default="")
    changed_at = models.DateTimeField(db_default=Now())
    built_from = models.BigIntegerField(
        db_default=0, help_text="The sum of versions that a level above mailboxes was made from."
    )


class Own(models.Model):
    """A mailbox's own weights: the sum of what each mark added (`Trained.steps`), which they can be made from again."""

    mailbox_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField(db_default=1)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the data.")
    data = models.BinaryField()


class ModelVersion(models.Model):
    """A model everybody begins with, in the form of a prior (learning/prior.py), which holds its own check sum.

    One at most is current; without one, what is shipped is.
    """

    created_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=200, blank=True, help_text="Where it comes from, for people.")
    digest = models.CharField(max_length=12, help_text="The first letters of its check sum.")
    size = models.IntegerField()
    data = models.BinaryField()
    is_current = models.BooleanField(default=False)
    chosen_at = models.DateTimeField(null=True, help_text="When it last became current.")
    fault = models.CharField(max_length=200, blank=True, help_text="Why it cannot be used.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="spam_one_current_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.digest}"
