"""Fields that several shapes have."""

from typing import Any

from rest_framework import serializers

MOST_BYTES = 2**62 - 1


def address(**more: Any) -> serializers.CharField:
    """An address, which the service parses."""
    return serializers.CharField(
        max_length=320, **{"help_text": "An address, like alice@example.org.", **more}
    )


def name(**more: Any) -> serializers.CharField:
    """A name for people."""
    return serializers.CharField(max_length=200, **more)


def quota(**more: Any) -> serializers.IntegerField:
    """A quota in bytes."""
    return serializers.IntegerField(**{"min_value": 0, "max_value": MOST_BYTES, **more})


class StrictShape(serializers.Serializer[Any]):
    """A shape of what comes in that refuses fields it does not know: a typo shall not be silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Read the body, and complain about what nobody asked for."""
        if isinstance(data, dict) and (unknown := sorted(map(str, set(data) - set(self.fields)))):
            raise serializers.ValidationError({field: ["There is no such field."] for field in unknown})
        return super().to_internal_value(data)
