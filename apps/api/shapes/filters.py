"""What lists may be asked for."""

from typing import Any

from rest_framework import serializers


class AddressQuery(serializers.Serializer[Any]):
    """The one with this address."""

    address = serializers.CharField(
        default="", max_length=320, allow_blank=True, help_text="Only the one with this address."
    )
