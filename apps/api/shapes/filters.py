"""What lists may be asked for."""

from typing import Any

from rest_framework import serializers

from .fields import MOST_BYTES


class AddressQuery(serializers.Serializer[Any]):
    """The one with this address."""

    address = serializers.CharField(
        default="", max_length=320, allow_blank=True, help_text="Only the one with this address."
    )


class LeaverQuery(serializers.Serializer[Any]):
    """What becomes of a leaver's mailboxes; without either, one who has some is not deleted."""

    heir_id = serializers.IntegerField(
        min_value=1, max_value=MOST_BYTES, required=False, help_text="Who gets them."
    )
    with_mailboxes = serializers.BooleanField(default=False, help_text="They are deleted, with their mail.")
