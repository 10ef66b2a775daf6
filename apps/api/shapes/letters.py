"""Letters, drafts, identities and uploads as the API shows and takes them."""

import base64
import binascii
from typing import Any

from rest_framework import serializers

from apps.mailflow.writing.fields import ANSWERED, FORWARDED, MAX_PEOPLE, MAX_TEXT

from .fields import MOST_BYTES, StrictShape

MOST_FILES = 100


class CorrespondentShape(StrictShape):
    """Somebody a letter is from or for."""

    address = serializers.CharField(max_length=320)
    name = serializers.CharField(max_length=200, default="", allow_blank=True)


class Base64Field(serializers.CharField):
    """Bytes as text."""

    def to_internal_value(self, data: Any) -> Any:
        """Read it."""
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64.") from None


class AttachmentShape(StrictShape):
    """A file that goes along: an upload, or its bytes."""

    upload_id = serializers.IntegerField(
        min_value=1, max_value=MOST_BYTES, required=False, help_text="What `POST /uploads` answered."
    )
    name = serializers.CharField(max_length=255, required=False)
    media_type = serializers.CharField(max_length=130, default="application/octet-stream")
    content = Base64Field(required=False, help_text="The file itself, in base64.")
    content_id = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Shown in the HTML as `cid:`."
    )

    def validate(self, attrs: Any) -> Any:
        """One of the two."""
        if ("upload_id" in attrs) == ("content" in attrs):
            raise serializers.ValidationError("Give either upload_id or content.")
        if "content" in attrs and not attrs.get("name"):
            raise serializers.ValidationError({"name": ["A file has a name."]})
        return attrs


class AnswersShape(StrictShape):
    """The message a letter answers or forwards, which is marked so when the letter leaves."""

    mailbox_id = serializers.IntegerField(min_value=1, max_value=MOST_BYTES)
    message_id = serializers.IntegerField(min_value=1, max_value=MOST_BYTES, help_text="Its `id`.")
    how = serializers.ChoiceField(choices=(ANSWERED, FORWARDED), default=ANSWERED)


def _people(what: str) -> Any:
    return serializers.ListField(
        child=CorrespondentShape(), default=list, max_length=MAX_PEOPLE, help_text=what
    )


class LetterFieldsShape(StrictShape):
    """A letter as it is written."""

    author = CorrespondentShape(
        required=False, help_text="One of your identities; the default one unless said."
    )
    to = _people("To whom.")
    cc = _people("And for whom else.")
    bcc = _people("Without the others' knowing.")
    subject = serializers.CharField(max_length=2000, default="", allow_blank=True)
    text = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True, trim_whitespace=False)
    html = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True, trim_whitespace=False)
    attachments = serializers.ListField(child=AttachmentShape(), default=list, max_length=MOST_FILES)
    in_reply_to = serializers.CharField(
        max_length=1000, default="", allow_blank=True, help_text="A Message-ID."
    )
    references = serializers.ListField(
        child=serializers.CharField(max_length=1000), default=list, max_length=100
    )
    answers = AnswersShape(required=False, allow_null=True)


class NewLetterShape(LetterFieldsShape):
    """A letter to send."""

    hold_seconds = serializers.IntegerField(
        min_value=0, max_value=60, default=0, help_text="How long it can be recalled before it leaves."
    )
    at = serializers.DateTimeField(required=False, help_text="Send it then: a minute to a year from now.")
    draft_id = serializers.UUIDField(required=False, help_text="The draft it was, which goes with it.")
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class LetterShape(serializers.Serializer[Any]):
    """A letter on its way."""

    id = serializers.UUIDField()
    until = serializers.DateTimeField(help_text="When it leaves, or left.")
    draft_id = serializers.UUIDField(help_text="The draft it would be again.")
    scheduled = serializers.BooleanField()
    is_held = serializers.BooleanField(help_text="Whether it can still be recalled.")
    is_recalled = serializers.BooleanField()


class WaitingShape(serializers.Serializer[Any]):
    """A letter that waits to leave."""

    id = serializers.UUIDField()
    draft_id = serializers.UUIDField()
    mailbox_id = serializers.IntegerField()
    until = serializers.DateTimeField()
    scheduled = serializers.BooleanField()
    to = CorrespondentShape(many=True)
    subject = serializers.CharField()


class OutboxShape(serializers.Serializer[Any]):
    """Everything that waits, the next to leave first."""

    items = WaitingShape(many=True)


class RecalledShape(serializers.Serializer[Any]):
    """The letter was not sent."""

    draft_id = serializers.UUIDField(allow_null=True, help_text="The draft it is again.")


class DraftShape(LetterFieldsShape):
    """A draft to keep."""

    revision = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="The one it was written upon; 0 for a new draft."
    )


class SavedShape(serializers.Serializer[Any]):
    """The draft is kept."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    is_placed = serializers.BooleanField(help_text="Whether the Drafts folder shows this revision already.")
    updated_at = serializers.DateTimeField()


class FileShape(serializers.Serializer[Any]):
    """A file of a draft."""

    upload_id = serializers.IntegerField()
    content_id = serializers.CharField()


class FieldsShape(serializers.Serializer[Any]):
    """What a draft says."""

    author = CorrespondentShape()
    to = CorrespondentShape(many=True)
    cc = CorrespondentShape(many=True)
    bcc = CorrespondentShape(many=True)
    subject = serializers.CharField()
    text = serializers.CharField()
    html = serializers.CharField()
    attachments = FileShape(source="files", many=True)
    in_reply_to = serializers.CharField()
    references = serializers.ListField(child=serializers.CharField())


class OpenedDraftShape(serializers.Serializer[Any]):
    """A draft to go on with."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    mailbox_id = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    letter = FieldsShape(source="fields")


class IdentityShape(serializers.Serializer[Any]):
    """An address you may write as, and how its letters begin and end."""

    address = serializers.CharField()
    name = serializers.CharField()
    signature_text = serializers.CharField()
    signature_html = serializers.CharField()
    is_default = serializers.BooleanField()


class IdentitiesShape(serializers.Serializer[Any]):
    """Every one of them, the default first."""

    items = IdentityShape(many=True)


class NewIdentityShape(StrictShape):
    """How letters written as an address begin and end."""

    address = serializers.CharField(max_length=320)
    name = serializers.CharField(max_length=200, default="", allow_blank=True)
    signature_text = serializers.CharField(
        max_length=65536, default="", allow_blank=True, trim_whitespace=False
    )
    signature_html = serializers.CharField(
        max_length=65536, default="", allow_blank=True, trim_whitespace=False
    )
    is_default = serializers.BooleanField(default=False)


class UploadQuery(serializers.Serializer[Any]):
    """What the file is called."""

    name = serializers.CharField(max_length=255)


class UploadShape(serializers.Serializer[Any]):
    """A file for a letter to come, kept for a day."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
