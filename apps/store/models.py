"""Folders and messages: rows are truth, a change log per folder is the spine, packs and snapshots are speed.

These models are for reading and for forms. Nothing outside `apps/store/services` writes a Message, the
counters of a Folder or the log: an `update()` here would skip the counters and the log.

The tables named in `partitions.PARTITIONED` are made by SQL in the migration, hash-partitioned by mailbox
(blobs by their key). No foreign key can point to them, because their keys are composite; `manage.py store
check` counts orphans instead.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Now

from apps.accounts.models import User
from apps.mailboxes.models import Mailbox

from .fields import BlobHashField, Int8MultirangeField

UID_LIMIT = 2**32


class Folder(models.Model):
    """What IMAP calls a mailbox: a list of messages with uids, counters and a change log.

    Its row is the store's lock: whoever changes messages locks their folders first, in ascending id.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="folders", db_index=False)
    name = models.TextField(db_collation="C", help_text="Full path, levels separated by /.")
    special_use = models.CharField(
        max_length=20, db_default="", blank=True, help_text="As in RFC 6154, `\\Sent`; empty for none."
    )
    uidvalidity = models.BigIntegerField()
    uidnext = models.BigIntegerField(db_default=1)
    modseq = models.BigIntegerField(db_default=1)
    n_messages = models.IntegerField(db_default=0)
    n_unseen = models.IntegerField(db_default=0)
    n_bytes = models.BigIntegerField(db_default=0)
    log_floor = models.BigIntegerField(
        db_default=0, help_text="The log is complete after this modseq; a reader from before starts anew."
    )
    expunge_floor = models.BigIntegerField(
        db_default=0, help_text="The log names every expunged uid after this modseq."
    )
    retention_days = models.IntegerField(null=True, blank=True, help_text="Empty keeps mail for ever.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "name"], name="store_folder_name_once"),
            models.UniqueConstraint(
                fields=["mailbox", "special_use"],
                condition=~Q(special_use=""),
                name="store_folder_special_use_once",
            ),
            models.CheckConstraint(
                condition=Q(uidvalidity__gt=0, uidvalidity__lt=UID_LIMIT),
                name="store_folder_uidvalidity_32_bit",
            ),
            models.CheckConstraint(
                condition=Q(uidnext__gt=0, uidnext__lte=UID_LIMIT), name="store_folder_uidnext_32_bit"
            ),
            models.CheckConstraint(
                condition=Q(
                    n_messages__gte=0, n_unseen__gte=0, n_bytes__gte=0, n_unseen__lte=F("n_messages")
                ),
                name="store_folder_counters_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Keyword(models.Model):
    """The name of one flag bit of a mailbox; names beyond the last bit live in `Message.more_kw`."""

    pk = models.CompositePrimaryKey("mailbox_id", "bit")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+", db_index=False)
    bit = models.SmallIntegerField()
    name = models.TextField(db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint("mailbox", Lower("name"), name="store_keyword_name_once"),
            models.CheckConstraint(condition=Q(bit__gte=20, bit__lte=62), name="store_keyword_bit"),
        ]

    def __str__(self) -> str:
        return self.name


class Content(models.Model):
    """A blob in a mailbox with the facts parsed once; its id is the id of the message everywhere.

    BODY[] is `prefix` (what we add on top: Return-Path, Received ...) and the blob; `size` counts both.
    Offsets in `parts` are those of the blob.
    """

    pk = models.CompositePrimaryKey("mailbox_id", "id")
    mailbox_id = models.BigIntegerField()
    id = models.BigIntegerField(db_default=Func(Value("store_content_id_seq"), function="nextval"))
    organisation_id = models.BigIntegerField()
    blob_hash = BlobHashField()
    size = models.BigIntegerField()
    internaldate = models.BigIntegerField(help_text="Seconds since 1970.")
    thread_id = models.BigIntegerField()
    message_id_hash = models.BigIntegerField(null=True)
    sent_at = models.BigIntegerField(null=True, help_text="The Date header, in seconds since 1970.")
    has_attachment = models.BooleanField(db_default=False)
    trace_id = models.UUIDField(null=True)
    prefix = models.BinaryField(db_default=b"")
    envelope = models.BinaryField(help_text="IMAP ENVELOPE as it goes over the wire.")
    structure = models.BinaryField(help_text="IMAP BODYSTRUCTURE as it goes over the wire.")
    parts = models.BinaryField(help_text="Packed offsets of the parts in the blob.")
    refs = models.BinaryField(
        db_default=b"", help_text="Hashes of the message ids referred to, 8 bytes each."
    )
    subject = models.TextField(db_default="")
    from_addr = models.TextField(db_default="")
    to_addr = models.TextField(db_default="")
    preview = models.TextField(db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["mailbox_id", "message_id_hash"], name="store_content_message_id"),
            models.Index(fields=["mailbox_id", "thread_id"], name="store_content_thread"),
            models.Index(fields=["organisation_id", "blob_hash"], name="store_content_blob"),
        ]


class Message(models.Model):
    """A Content placed in a Folder: uid, modseq, flags."""

    pk = models.CompositePrimaryKey("mailbox_id", "folder_id", "uid")
    mailbox_id = models.BigIntegerField()
    folder_id = models.BigIntegerField()
    uid = models.BigIntegerField()
    modseq = models.BigIntegerField()
    flags = models.BigIntegerField(help_text="Bits as in flags.py.")
    content_id = models.BigIntegerField()
    internaldate = models.BigIntegerField(help_text="Seconds since 1970.")
    size = models.BigIntegerField()
    saved_at = models.BigIntegerField(help_text="When it came into this folder, in seconds since 1970.")
    more_kw = ArrayField(
        models.TextField(),
        null=True,
        help_text="Keywords beyond the last bit, lower case, sorted; else NULL.",
    )

    class Meta:
        indexes = [models.Index(fields=["mailbox_id", "content_id"], name="store_message_content")]
        constraints = [
            models.CheckConstraint(condition=Q(uid__gt=0, uid__lt=UID_LIMIT), name="store_message_uid_32_bit")
        ]


class FolderLog(models.Model):
    """What happened in a folder, in the order of its modseq; replayed from empty it gives the folder.

    Several rows may share a modseq; they are applied in the order of `part`. A REPLACE sets all flags.
    """

    class Op(models.IntegerChoices):
        """What a row says about its uids."""

        APPEND = 1
        ADD = 2
        REMOVE = 3
        REPLACE = 4
        EXPUNGE = 5

    pk = models.CompositePrimaryKey("mailbox_id", "folder_id", "modseq", "part")
    mailbox_id = models.BigIntegerField()
    folder_id = models.BigIntegerField()
    modseq = models.BigIntegerField()
    part = models.IntegerField(db_default=0)
    op = models.SmallIntegerField(choices=Op)
    mask = models.BigIntegerField(db_default=0, help_text="The flag bits of this row.")
    names = ArrayField(
        models.TextField(), null=True, help_text="The keywords of this row beyond the last bit."
    )
    uids = Int8MultirangeField()
    at = models.DateTimeField(db_default=Now())


class ThreadMerge(models.Model):
    """A thread became part of another; kept for a month, for those who know threads by heart.

    A merge of 0 says that the threads of a mailbox are to be read anew.
    """

    mailbox_id = models.BigIntegerField()
    old = models.BigIntegerField()
    new = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["mailbox_id", "id"], name="store_threadmerge_mailbox")]


class Blob(models.Model):
    """Bytes exactly as a peer or client sent them, once in an organisation, never across."""

    class Codec(models.IntegerChoices):
        """How the bytes are packed."""

        RAW = 0
        ZSTD = 1
        FRAMES = 2

    class Store(models.IntegerChoices):
        """Where the bytes are."""

        INLINE = 0
        SEGMENT = 1
        OBJECT = 2

    pk = models.CompositePrimaryKey("organisation_id", "hash")
    organisation_id = models.BigIntegerField()
    hash = models.BinaryField(help_text="BLAKE3 of the bytes, 32 bytes.")
    size = models.BigIntegerField()
    codec = models.SmallIntegerField(choices=Codec)
    key_id = models.IntegerField(db_default=0, help_text="Which key encrypts it; 0 for none.")
    store = models.SmallIntegerField(choices=Store)
    location = models.TextField(db_default="", help_text="Segment file or object; empty when inline.")
    position = models.BigIntegerField(null=True, help_text="Where it starts in the segment.")
    stored_size = models.BigIntegerField(help_text="Length as stored.")
    data = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["location"], condition=~Q(location=""), name="store_blob_location")]


class Pack(models.Model):
    """Up to 1,000 messages of a folder packed for reading; can be dropped and rebuilt."""

    class Kind(models.IntegerChoices):
        """What is packed."""

        WIRE = 0
        TEXT = 1

    pk = models.CompositePrimaryKey("mailbox_id", "folder_id", "kind", "first_uid")
    mailbox_id = models.BigIntegerField()
    folder_id = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=Kind)
    first_uid = models.BigIntegerField()
    last_uid = models.BigIntegerField()
    codec = models.SmallIntegerField(db_default=1)
    key_id = models.IntegerField(db_default=0)
    idx = models.BinaryField(help_text="u4 uids, then u4 lengths.")
    data = models.BinaryField()


class Snapshot(models.Model):
    """A folder's uids, flags and modseqs at one modseq; unlogged, can be dropped and rebuilt."""

    folder_id = models.BigIntegerField(primary_key=True)
    uidvalidity = models.BigIntegerField()
    modseq = models.BigIntegerField()
    n = models.IntegerField()
    codec = models.SmallIntegerField(db_default=1)
    key_id = models.IntegerField(db_default=0)
    data = models.BinaryField()


class Subscription(models.Model):
    """A user wants to see a folder of this name in the list of a client, whether or not it is there.

    A name and no folder, for a subscription survives that its folder is deleted (RFC 3501 6.3.6): a client that
    makes a folder anew now and then need not subscribe to it each time.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.TextField(db_collation="C", help_text="As a folder's.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "user", "name"], name="store_subscription_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class FolderAcl(models.Model):
    """What a user, or a group by name, may do with one folder (RFC 4314)."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="acl")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=100, db_default="", blank=True)
    rights = models.CharField(max_length=20, help_text="Letters of RFC 4314.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(group=""), name="store_folderacl_one_holder"
            ),
            models.UniqueConstraint(
                fields=["folder", "user", "group"], name="store_folderacl_once", nulls_distinct=False
            ),
        ]


class Seen(models.Model):
    r"""Which messages of a shared folder a user has read, where the mailbox keeps \Seen for each member.

    See `services/seen.py`. `changed[n]` are the uids marked or unmarked at modseq `changed_at[n]`, oldest first.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="+")
    uids = Int8MultirangeField()
    modseq = models.BigIntegerField(help_text="The folder's, when a mark changed last.")
    changed_at = ArrayField(models.BigIntegerField(), default=list)
    changed = ArrayField(Int8MultirangeField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "user"], name="store_seen_once")]
