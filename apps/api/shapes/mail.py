"""Folders and messages as the API shows and takes them."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.mailflow.refile import Kind, is_label
from apps.store.flags import COMMON_BITS, FIXED, SYSTEM, names_of
from apps.store.message_rows import MessageRow, moment

from .fields import MOST_BYTES, StrictShape

MOST_IDS = 1000
MOST_UID = 2**32


class FolderShape(serializers.Serializer[Any]):
    r"""A folder of a mailbox."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="With `/` between its levels.")
    special_use = serializers.CharField(help_text="Like `\\Sent` (RFC 6154); empty for most.")
    messages = serializers.IntegerField()
    unread = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")
    modseq = serializers.IntegerField(help_text="Rises with every change; ask for changes since it.")
    uidvalidity = serializers.IntegerField()


class FoldersShape(serializers.Serializer[Any]):
    """The folders of a mailbox, those below another right after it."""

    items = FolderShape(many=True)


class FolderNameShape(StrictShape):
    """What a folder is called."""

    name = serializers.CharField(
        max_length=1000, trim_whitespace=False, help_text="With `/` between its levels; those above are made."
    )


class PersonShape(serializers.Serializer[Any]):
    """A name, perhaps empty, and an address."""

    name = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)


class MessageShape(serializers.Serializer[Any]):
    """A message as a line of a list."""

    id = serializers.IntegerField(source="content_id", help_text="Its id in the mailbox, wherever it lies.")
    folder_id = serializers.IntegerField()
    uid = serializers.IntegerField()
    modseq = serializers.IntegerField()
    thread_id = serializers.IntegerField(help_text="The conversation it belongs to.")
    sender = PersonShape()
    to = PersonShape(many=True)
    subject = serializers.CharField(allow_blank=True)
    date = serializers.SerializerMethodField(help_text="Of its Date field, or when it came.")
    received_at = serializers.SerializerMethodField()
    size = serializers.IntegerField()
    preview = serializers.CharField(allow_blank=True)
    flags = serializers.SerializerMethodField(help_text="As IMAP has them: `\\Seen`, `\\Flagged`, labels …")
    has_attachment = serializers.BooleanField()

    def get_date(self, row: MessageRow) -> datetime:
        """Return it as a moment."""
        return moment(row.date)

    def get_received_at(self, row: MessageRow) -> datetime:
        """Return it as a moment."""
        return moment(row.received)

    def get_flags(self, row: MessageRow) -> list[str]:
        """Return the names of all of them."""
        return [*names_of(row.flags & COMMON_BITS, {}), *row.keywords]


class FolderPageQuery(serializers.Serializer[Any]):
    """Which messages of a folder."""

    unread = serializers.BooleanField(default=False, help_text="Only unread ones.")
    starred = serializers.BooleanField(default=False, help_text="Only starred ones.")
    attachment = serializers.BooleanField(default=False, help_text="Only those with something attached.")
    label = serializers.CharField(  # type: ignore[assignment]  # a field's name
        default="", max_length=100, allow_blank=True, help_text="Only with this one."
    )


class ChangesQuery(serializers.Serializer[Any]):
    """Since when."""

    since = serializers.IntegerField(
        min_value=0, max_value=MOST_BYTES, help_text="The `modseq` you know the folder at."
    )


class ChangesShape(serializers.Serializer[Any]):
    """What became of a folder."""

    modseq = serializers.IntegerField(help_text="Ask with it next time.")
    reset = serializers.BooleanField(
        help_text="It is too much or too long ago to tell: read the folder anew."
    )
    messages = serializers.IntegerField()
    unread = serializers.IntegerField()
    vanished = serializers.ListField(child=serializers.IntegerField(), help_text="Uids that are gone.")
    new = MessageShape(many=True)
    changed = MessageShape(many=True)


class SearchQuery(serializers.Serializer[Any]):
    """What to look for."""

    q = serializers.CharField(
        default="",
        max_length=1000,
        allow_blank=True,
        help_text="As in the webmail: words, `from:ana`, `subject:invoice`, `has:attachment`, `is:unread`, `in:sent`, "
        "`older_than:1y`, `-word`, `OR`, `(…)`.",
    )
    folder_id = serializers.IntegerField(
        min_value=1,
        max_value=MOST_BYTES,
        required=False,
        help_text="Only there; all but Trash and Junk unless said.",
    )


ACTIONS = tuple(kind.value for kind in Kind)


class MessageActionShape(StrictShape):
    """What to do with messages."""

    action = serializers.ChoiceField(
        choices=(*ACTIONS, "erase"), help_text="`erase` is for good; all else can be undone."
    )
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_BYTES), allow_empty=False, max_length=MOST_IDS,
        required=False,
    )  # fmt: skip
    folder_id = serializers.IntegerField(
        min_value=1,
        max_value=MOST_BYTES,
        required=False,
        help_text="With ids: only where they lie in this folder. Without: all messages of this folder.",
    )
    to_folder_id = serializers.IntegerField(
        min_value=1, max_value=MOST_BYTES, required=False, help_text="Where to move them."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # a field's name
        max_length=100, required=False, help_text="Which label to give or take."
    )

    def validate(self, attrs: Any) -> Any:
        """Say what the action needs."""
        if "ids" not in attrs and "folder_id" not in attrs:
            raise serializers.ValidationError("Give ids, folder_id, or both.")
        needed = {"move": "to_folder_id", "label": "label", "unlabel": "label"}.get(attrs["action"])
        if needed and needed not in attrs:
            raise serializers.ValidationError({needed: ["This action needs it."]})
        return attrs


class MessageDoneShape(serializers.Serializer[Any]):
    """What was done."""

    action = serializers.CharField()
    messages = serializers.IntegerField(help_text="How many were changed.")
    undo = serializers.IntegerField(
        allow_null=True, help_text="Take it back with this; null if there is nothing."
    )


class UndoShape(StrictShape):
    """What to take back."""

    undo = serializers.IntegerField(
        min_value=1, max_value=MOST_BYTES, help_text="The number an action answered."
    )


class UndoneShape(serializers.Serializer[Any]):
    """What was taken back."""

    action = serializers.CharField(source="kind")
    restored = serializers.IntegerField(help_text="Messages that are as they were.")
    skipped = serializers.IntegerField(help_text="Messages left alone, for they were changed since.")


class RecentShape(serializers.Serializer[Any]):
    """Something done of late."""

    undo = serializers.IntegerField(source="token")
    mailbox_id = serializers.IntegerField()
    action = serializers.CharField(source="kind")
    detail = serializers.CharField(help_text="The folder or label concerned.")
    messages = serializers.IntegerField()
    at = serializers.DateTimeField()
    is_undone = serializers.BooleanField()


class RecentListShape(serializers.Serializer[Any]):
    """The last twenty things done, the newest first."""

    items = RecentShape(many=True)


class AppendQuery(serializers.Serializer[Any]):
    """How a message is kept."""

    flags = serializers.CharField(
        default="",
        max_length=2000,
        allow_blank=True,
        help_text="With blanks between them: `\\Seen \\Flagged garden`.",
    )
    received_at = serializers.DateTimeField(required=False, help_text="When it came; now unless said.")

    def validate_flags(self, value: str) -> str:
        """Refuse what is no keyword."""
        for name in value.split():
            if not is_label(name) and name.lower() not in _SETTABLE:
                raise serializers.ValidationError(f"{name!r} is no flag.")
        return value


_SETTABLE = {name.lower() for name in (*SYSTEM, *FIXED)}


class AppendedShape(serializers.Serializer[Any]):
    """Where the message is."""

    id = serializers.IntegerField()
    folder_id = serializers.IntegerField()
    uid = serializers.IntegerField()


class FileOfMessageShape(serializers.Serializer[Any]):
    """A file of a message."""

    number = serializers.CharField(source="path", help_text="As IMAP counts; get it at `parts/` and this.")
    name = serializers.CharField(source="filename")
    media_type = serializers.CharField(help_text="What its sender says it is.")
    size = serializers.IntegerField(help_text="About, in bytes.")
    content_id = serializers.CharField()


class HeaderShape(serializers.Serializer[Any]):
    """One field of the header."""

    name = serializers.CharField()
    value = serializers.CharField()


class DetailsShape(serializers.Serializer[Any]):
    """What is in a message."""

    cc = PersonShape(many=True)
    bcc = PersonShape(many=True)
    reply_to = PersonShape(many=True)
    message_id = serializers.CharField()
    in_reply_to = serializers.CharField()
    references = serializers.ListField(child=serializers.CharField())
    headers = HeaderShape(many=True)
    text = serializers.CharField(help_text="Its plain text, or what its HTML says.")
    html = serializers.CharField(
        help_text="Made safe: no script, no form, nothing from elsewhere, no pictures. Empty where there is none."
    )
    attachments = FileOfMessageShape(many=True)


class FullMessageShape(MessageShape, DetailsShape):
    """A message, to be read."""


class ConversationShape(serializers.Serializer[Any]):
    """The messages of a conversation, the oldest first."""

    items = MessageShape(many=True)


class PlaceQuery(serializers.Serializer[Any]):
    """Which of a message's places is meant, where it has several."""

    folder_id = serializers.IntegerField(min_value=1, max_value=MOST_BYTES, required=False)
