"""What stands in addresses: numbers of things, and no number that PostgreSQL could not hold."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """`<id:...>`: a number of something. What is longer than any we give out leads nowhere (404)."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")
