"""How reports about a domain are written: who sends in its name, and the reports themselves."""

from typing import Any

from rest_framework import serializers

from apps.reports.advice import Kind
from apps.reports.models import Received


class SendersFilter(serializers.Serializer[Any]):
    """How far back."""

    days = serializers.IntegerField(
        min_value=1, max_value=365, default=30, help_text="Of the last so many days."
    )


class SenderShape(serializers.Serializer[Any]):
    """One address that sent in a domain's name, as receivers reported it."""

    address = serializers.CharField()
    name = serializers.CharField(help_text="Its name in DNS; empty where it has none, or nobody looked yet.")
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.value) for kind in Kind],
        help_text="What it seems to be. good: all passes. lame: by SPF or DKIM alone. mixed: in part. forwarder: passes on "
        "mail that was the domain's. service: passes under another name. stranger: nothing passes.",
    )
    messages = serializers.IntegerField()
    passed = serializers.IntegerField(help_text="Passed DMARC.")
    dkim = serializers.IntegerField(help_text="Carried an aligned signature that passed.")
    spf = serializers.IntegerField(help_text="Passed SPF, aligned.")
    stopped = serializers.IntegerField(help_text="Were put aside or refused.")
    authenticated_as = serializers.ListField(
        child=serializers.CharField(), help_text="Other domains whose SPF or signature passed there."
    )
    reporters = serializers.ListField(child=serializers.CharField())
    last = serializers.DateField()


class SendersShape(serializers.Serializer[Any]):
    """Those that failed most first, at most 200."""

    items = SenderShape(many=True)


class ReceivedShape(serializers.ModelSerializer[Received]):
    """One report about a domain."""

    kind = serializers.ChoiceField(choices=Received.Kind.choices, read_only=True)
    messages = serializers.IntegerField(read_only=True, help_text="Those a DMARC report tells of.")

    class Meta:
        model = Received
        fields = [
            "id",
            "kind",
            "reporter",
            "contact",
            "report_id",
            "begins_at",
            "ends_at",
            "messages",
            "received_at",
        ]
        read_only_fields = fields
