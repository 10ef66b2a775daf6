"""How reports about a domain are written: who sends in its name, and the reports themselves."""

from typing import Any

from rest_framework import serializers

from apps.reports.advice import Kind
from apps.reports.models import Complaint, Received


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


class TroubleShape(serializers.Serializer[Any]):
    """TLS sessions to a domain's servers that failed alike."""

    result = serializers.CharField(help_text="As RFC 8460 4.3 calls it, `certificate-expired` say.")
    failed = serializers.IntegerField(help_text="Sessions.")
    hosts = serializers.ListField(child=serializers.CharField(), help_text="The servers they went to.")
    reporters = serializers.ListField(child=serializers.CharField())
    information = serializers.CharField(help_text="What a reporter added, in its words; may be empty.")
    last = serializers.DateField()


class SessionsShape(serializers.Serializer[Any]):
    """How TLS went, and why it failed: the most frequent reason first, at most 50."""

    well = serializers.IntegerField(help_text="Sessions that went well.")
    failed = serializers.IntegerField(help_text="Sessions that failed.")
    items = TroubleShape(many=True)


class ComplaintShape(serializers.ModelSerializer[Complaint]):
    """One complaint about mail in a domain's name (RFC 5965), as a feedback loop sent it."""

    kind = serializers.CharField(
        read_only=True, help_text="`abuse`, `auth-failure`, `fraud` or another word of RFC 5965."
    )
    failure = serializers.CharField(read_only=True, help_text="Of an `auth-failure`: what failed.")
    incidents = serializers.IntegerField(read_only=True, help_text="How many messages it stands for.")

    class Meta:
        model = Complaint
        fields = [
            "id",
            "kind",
            "reporter",
            "source",
            "mail_from",
            "subject",
            "message_id",
            "failure",
            "incidents",
            "arrived_at",
            "received_at",
        ]
        read_only_fields = fields
