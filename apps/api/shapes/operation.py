"""The queue, the trace, the audit trail and the system as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from apps.events.models import AuditEntry
from apps.queue import queries
from apps.queue.models import Attempt, Lane, QueuedRecipient, State

from .fields import MOST_BYTES, StrictShape

MOST_AT_ONCE = 10_000


class QueueFilter(serializers.Serializer[Any]):
    """Which queued recipients."""

    state = serializers.ChoiceField(
        choices=[(state.value, state.value) for state in State],
        required=False,
        help_text="Only those in this state; queued, held and poison unless said.",
    )
    lane = serializers.ChoiceField(choices=[(lane.value, lane.value) for lane in Lane], required=False)
    domain = serializers.CharField(max_length=253, required=False, help_text="Only those to this domain.")
    address = serializers.CharField(max_length=320, required=False, help_text="Only those to this address.")
    sender = serializers.CharField(max_length=320, required=False, help_text="Only those from this sender.")
    code = serializers.CharField(
        max_length=20, required=False, help_text="Only those whose last reply begins so, like `421 4.7.0`."
    )


class QueuedShape(serializers.ModelSerializer[QueuedRecipient]):
    """One recipient a message still has to reach."""

    trace_id = serializers.UUIDField(source="message.trace_id", read_only=True)
    sender = serializers.CharField(source="message.sender", read_only=True)
    organisation_id = serializers.IntegerField(source="message.organisation_id", read_only=True)
    accepted_at = serializers.DateTimeField(source="message.accepted_at", read_only=True)
    lane = serializers.ChoiceField(choices=Lane.values, read_only=True)
    state = serializers.ChoiceField(choices=State.values, read_only=True)
    why = serializers.SerializerMethodField(help_text="Why it is where it is, in a sentence.")

    class Meta:
        model = QueuedRecipient
        fields = (
            "id",
            "trace_id",
            "sender",
            "address",
            "lane",
            "state",
            "why",
            "attempts",
            "size",
            "accepted_at",
            "next_attempt",
            "finished_at",
            "organisation_id",
        )
        read_only_fields = fields

    def get_why(self, recipient: QueuedRecipient) -> str:
        """Say it."""
        return queries.why(recipient)


class AttemptShape(serializers.ModelSerializer[Attempt]):
    """One try, with the words that ended it."""

    class Meta:
        model = Attempt
        fields = ("at", "outcome", "host", "reply")
        read_only_fields = fields


class QueuedDetailShape(QueuedShape):
    """One recipient, with every attempt."""

    log = AttemptShape(many=True, read_only=True)

    class Meta(QueuedShape.Meta):
        fields = (*QueuedShape.Meta.fields, "log")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class CauseShape(serializers.Serializer[Any]):
    """What keeps some recipients waiting."""

    state = serializers.ChoiceField(choices=State.values)
    lane = serializers.ChoiceField(choices=Lane.values)
    domain = serializers.CharField()
    code = serializers.CharField(
        help_text="Of the last reply; empty where there is none. Filter the queue by it."
    )
    recipients = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes of all of them.")
    oldest = serializers.DateTimeField()
    next_attempt = serializers.DateTimeField()
    example = serializers.CharField(help_text="One of the last replies, in full.")


class CausesShape(serializers.Serializer[Any]):
    """The queue by cause."""

    items = CauseShape(many=True)


ACTIONS = ("retry", "hold", "release", "bounce", "cancel")


class ActionShape(StrictShape):
    """What to do with a queued recipient."""

    action = serializers.ChoiceField(
        choices=ACTIONS,
        help_text="retry: due now. hold: kept until released. release: let go. bounce: given up, the sender is told. "
        "cancel: given up, nobody is told.",
    )
    reason = serializers.CharField(
        max_length=500, default="", allow_blank=True, help_text="For trace and audit trail."
    )


class BulkActionShape(ActionShape):
    """What to do with many of them: those named, or those that fit a filter."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_BYTES),
        required=False,
        allow_empty=False,
        max_length=MOST_AT_ONCE,
    )
    filter = QueueFilter(required=False, help_text="An empty filter means all.")

    def validate(self, attrs: Any) -> Any:
        """One of the two."""
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either ids or filter.")
        return attrs


class DoneShape(serializers.Serializer[Any]):
    """What was changed."""

    changed = serializers.IntegerField()
    left = serializers.IntegerField(
        help_text="Left as they are: in a worker's hands at this moment, or in a state where this means nothing."
    )
    ids = serializers.ListField(child=serializers.IntegerField(), help_text="Those changed.")


def _text(what: str) -> serializers.CharField:
    return serializers.CharField(max_length=400, default="", allow_blank=True, help_text=what)


class TraceQuery(serializers.Serializer[Any]):
    """Which messages."""

    address = _text("A sender's or a recipient's, as it was written or where it led, or an `@domain`.")
    sender = _text("The envelope's sender.")
    recipient = _text("A recipient.")
    message_id = _text("With or without brackets.")
    host = _text("Name or IP address of the other server, of whoever brought it or took it.")
    days = serializers.IntegerField(min_value=1, max_value=3650, default=30, help_text="How far back.")


class EventShape(serializers.Serializer[Any]):
    """One thing that happened to a message."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    detail = serializers.DictField()


class TraceShape(serializers.Serializer[Any]):
    """One message: how it came, and where it stands, at the recipient where it stands worst."""

    trace_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    status = serializers.CharField(help_text="Like filed, delivered, deferred, failed or refused.")
    origin = serializers.CharField(help_text="mx, submission or internal; empty where it was refused.")
    sender = serializers.CharField()
    recipients = serializers.ListField(child=serializers.CharField())
    more = serializers.IntegerField(help_text="Recipients that are not named.")
    size = serializers.IntegerField(allow_null=True)
    message_id = serializers.CharField()
    peer = serializers.CharField()
    reason = serializers.CharField(help_text="Why it was refused.")


class StoryShape(serializers.Serializer[Any]):
    """Everything that happened to a message."""

    trace_id = serializers.UUIDField()
    events = EventShape(many=True)


class AuditQuery(serializers.Serializer[Any]):
    """Which entries."""

    action = serializers.CharField(max_length=60, required=False, help_text="Like user.create.")
    actor = serializers.CharField(max_length=320, required=False, help_text="Who did it.")
    target_kind = serializers.CharField(max_length=40, required=False, help_text="Like user or mailbox.")
    target_id = serializers.CharField(max_length=60, required=False)


class AuditShape(serializers.ModelSerializer[AuditEntry]):
    """One change: who, to what, when, from where."""

    hash = serializers.SerializerMethodField(help_text="Seals this entry and every one before it.")

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor_id",
            "actor",
            "peer",
            "action",
            "target_kind",
            "target_id",
            "target",
            "organisation_id",
            "details",
            "hash",
        )
        read_only_fields = fields

    def get_hash(self, entry: AuditEntry) -> str:
        """Write it as hexadecimal digits."""
        return bytes(entry.hash).hex()


class ProcessShape(serializers.Serializer[Any]):
    """One process of the platform."""

    name = serializers.CharField()
    is_ready = serializers.BooleanField()
    says = serializers.DictField(
        child=serializers.CharField(), help_text="`ok` for each server it needs, or a word why not."
    )


class SystemShape(serializers.Serializer[Any]):
    """The platform: versions and health."""

    version = serializers.CharField()
    hostname = serializers.CharField()
    python = serializers.CharField()
    django = serializers.CharField()
    postgresql = serializers.CharField()
    valkey = serializers.CharField()
    profile = serializers.CharField()
    health = serializers.DictField(child=serializers.CharField())
    processes = ProcessShape(many=True)
