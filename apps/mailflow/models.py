"""What the journey itself must remember: what was or is to be imported, and mail being written or about to leave."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.vault.fields import SealedField


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


class Upload(models.Model):
    """A file somebody means to send: stored once, named by drafts, forgotten after a day without one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    organisation_id = models.BigIntegerField()
    blob_hash = models.BinaryField(help_text="With the organisation, the key of the blob.")
    size = models.BigIntegerField()
    name = models.TextField()
    media_type = models.CharField(max_length=130)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["organisation_id", "blob_hash"], name="mailflow_upload_blob"),
            models.Index(fields=["created_at"], name="mailflow_upload_created"),
        ]


class Draft(models.Model):
    """A letter that is being written: one thing, with a revision, and at most one message in the Drafts folder.

    The id is chosen by who writes, so that saving twice for the first time makes one draft.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    revision = models.IntegerField(default=1)
    fields = models.JSONField(help_text="What was written; see writing/fields.py.")
    upload_ids = ArrayField(models.BigIntegerField(), default=list)
    message_id = models.TextField(help_text="Of every copy of it, and of the message it becomes.")
    folder_id = models.BigIntegerField(null=True, help_text="Where its message is.")
    uid = models.BigIntegerField(null=True)
    content_id = models.BigIntegerField(null=True)
    placed_revision = models.IntegerField(default=0, help_text="Which revision that message shows.")
    placed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "folder_id", "uid"], name="mailflow_draft_placed_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=models.Q(placed_revision__lt=models.F("revision")),
                name="mailflow_draft_unsettled",
            ),
        ]


class Sending(models.Model):
    """A letter somebody sent: held until it is due, and remembered for a day after, so that it goes once."""

    class State(models.TextChoices):
        """What became of it."""

        HELD = "held"
        RELEASED = "released"
        RECALLED = "recalled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    until = models.DateTimeField()
    scheduled = models.BooleanField(
        default=False, help_text="For a time the user chose, not only for undoing."
    )
    key = models.CharField(max_length=200, null=True, help_text="Idempotency key.")  # noqa: DJ001 - null is unique.
    fingerprint = models.BinaryField(help_text="Hash of what was sent under the key.")
    draft_id = models.UUIDField(help_text="The draft it was, and is again when it is recalled.")
    fields = models.JSONField(help_text="What was written; empty once it has left.")
    upload_ids = ArrayField(models.BigIntegerField(), default=list)
    sender = models.TextField(help_text="The envelope's.")
    message_id = models.TextField()
    trace_id = models.UUIDField()
    story = models.JSONField(help_text="What the trace is told when it leaves: nobody may know of it before.")
    queued_ids = ArrayField(models.BigIntegerField(), help_text="Its rows in the queue.")
    organisation_id = models.BigIntegerField()
    blob_hash = models.BinaryField(help_text="The copy for Sent; empty once that is filed.")
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="mailflow_sending_key_once"),
            models.UniqueConstraint(
                fields=["user", "draft_id"],
                condition=~models.Q(state="recalled"),
                name="mailflow_sending_draft_once",
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=models.Q(state="held"), name="mailflow_sending_due"),
            models.Index(fields=["organisation_id", "blob_hash"], name="mailflow_sending_blob"),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="mailflow_sending_finished",
            ),
        ]


class Identity(models.Model):
    """How a user appears when writing as one of their addresses."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=320, help_text="Its key.")
    name = models.CharField(max_length=200, blank=True)
    signature_text = models.TextField(blank=True)
    signature_html = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "address"], name="mailflow_identity_once"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="mailflow_identity_one_default"
            ),
        ]


class Correspondent(models.Model):
    """An address a user wrote to or had mail from, to be suggested again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=320, help_text="The address as it is looked up.")
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    words = models.TextField(help_text="Name and address in lower case, a space before each word.")
    sent = models.IntegerField(default=0)
    received = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="mailflow_correspondent_once")]


class TrustedSender(models.Model):
    """A sender whose pictures from elsewhere a user wants to see without being asked."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=320, help_text="The address as it is looked up.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="mailflow_trusted_sender_once")]


class Forwarder(models.Model):
    """Somebody an organisation believes more than a stranger's policy: a host or list that passes mail on."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=253, help_text="A domain, or a network as CIDR.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "word"], name="mailflow_forwarder_once")
        ]

    def __str__(self) -> str:
        return self.word


class Roster(models.Model):
    """A table of people that somebody imports; see roster/runs.py. It may hold passwords, so it is sealed."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        GOING = "going"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="None: a command on this machine.",
    )
    actor = models.CharField(max_length=320, help_text="For the audit trail.")
    peer = models.GenericIPAddressField(null=True)
    language = models.CharField(max_length=12, default="en")
    name = models.CharField(max_length=200, help_text="Of the file.")
    file = SealedField(null=True, help_text="Gone once it is done.")
    rows = models.IntegerField()
    columns = models.JSONField(help_text="Which column holds what, counted from 0.")
    plan = SealedField(null=True, help_text="What each row would do, when it was looked at last.")
    planned_at = models.DateTimeField(null=True)
    found = models.JSONField(default=dict, help_text="How many rows would come to what.")
    update = models.BooleanField(default=False, help_text="What is there already is changed.")
    make_passwords = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    scopes = models.JSONField(null=True, help_text="Of the token that let it begin; none: no bound.")
    claimed_until = models.DateTimeField(null=True, help_text="Somebody is doing it.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    passwords_until = models.DateTimeField(null=True, help_text="They were taken, and are forgotten then.")

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="mailflow_roster_user"),
            models.Index(
                fields=["started_at"], condition=models.Q(state="going"), name="mailflow_roster_going"
            ),
        ]


class RosterLine(models.Model):
    """What came of one row, written in the transaction that did it: a row that has one is never done again."""

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line = models.IntegerField(help_text="Of the file, where the row begins.")
    address = models.CharField(max_length=320)
    outcome = models.CharField(max_length=8)
    text = SealedField(help_text="What came of it. It may quote a cell, and a cell may be a password.")
    password = SealedField(null=True, help_text="That was made here, until it was taken.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["roster", "line"], name="mailflow_roster_line_once")]

    @property
    def said(self) -> str:
        """What came of it, in words."""
        return bytes(self.text).decode()


class SenderHold(models.Model):
    """A user whose mail is held because the account may be in somebody else's hands; open until somebody decides."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "", "nobody has decided"
        RELEASED = "released", "the mail was let go"
        DROPPED = "dropped", "the mail was given up"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sender_holds")
    reasons = models.JSONField(help_text="What looked wrong, in plain words, with numbers.")
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=320, blank=True)
    outcome = models.CharField(max_length=8, blank=True, choices=Outcome, default=Outcome.OPEN)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="mailflow_hold_one_open"
            )
        ]
