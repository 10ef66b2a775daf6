"""What a domain should publish and what it does, as the API shows it. No shape has a field for a private key."""

from typing import Any

from rest_framework import serializers

from apps.domains.models import DkimKey
from apps.domains.records.values import Kind, Need, State

from .fields import StrictShape


class RecordShape(serializers.Serializer[Any]):
    """One record to publish, and what was found of it."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    need = serializers.ChoiceField(choices=[need.value for need in Need])
    type = serializers.CharField(help_text="The record's type, TXT say.")
    name = serializers.CharField(help_text="Its whole name, as A-labels.")
    value = serializers.CharField(help_text="Exactly what to publish.")
    state = serializers.ChoiceField(
        choices=[state.value for state in State], help_text="`unknown`: DNS gave no answer, or nobody looked."
    )
    code = serializers.CharField(help_text="Why, in one stable word.")
    reason = serializers.CharField(help_text="Why, in a sentence.")
    found = serializers.ListField(child=serializers.CharField())


class KeyShape(serializers.ModelSerializer[DkimKey]):
    """A key that signs the domain's mail; its private half is never shown."""

    class Meta:
        model = DkimKey
        fields = (
            "id",
            "selector",
            "algorithm",
            "bits",
            "public",
            "state",
            "made_at",
            "seen_at",
            "activated_at",
            "retired_at",
        )
        read_only_fields = fields


class KeyChangeShape(StrictShape):
    """What a key shall be."""

    state = serializers.ChoiceField(choices=["active", "retired"])


class DnsShape(serializers.Serializer[Any]):
    """All records of a domain, and its keys."""

    looked_at = serializers.DateTimeField(
        allow_null=True, help_text="When somebody last looked; null: never."
    )
    faults = serializers.IntegerField(help_text="How many records have to be put right.")
    records = RecordShape(many=True)
    keys = KeyShape(many=True)
