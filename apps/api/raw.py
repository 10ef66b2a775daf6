"""Bodies: JSON, and what is none, a message or a file, as it is."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

OCTETS = {"application/octet-stream": OpenApiTypes.BINARY}
MESSAGE = {"message/rfc822": OpenApiTypes.BINARY}


class JsonParser(JSONParser):
    """Takes JSON; what is nested deeper than anybody reads is not well formed."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what it says."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError from None


class MessageParser(BaseParser):
    """Takes a message as bytes."""

    media_type = "message/rfc822"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return it as it came; how much of it there may be was asked before."""
        return bytes(stream.read())


class FileParser(MessageParser):
    """Takes any file as bytes."""

    media_type = "*/*"


class MessageRenderer(BaseRenderer):
    """Lets a client accept a message; the view writes it itself."""

    media_type = "message/rfc822"
    format = "eml"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        """Return what is bytes already; a problem is written as JSON."""
        return data if isinstance(data, bytes) else json.dumps(data).encode()


class FileRenderer(MessageRenderer):
    """Lets a client accept a file."""

    media_type = "application/octet-stream"
    format = "bin"


def most_message_bytes() -> int:
    """Return how long a message may be."""
    return int(settings.MAIL_MAX_MESSAGE_BYTES)


def raw_body(request: Request) -> bytes:
    """Return the body as bytes; an empty one is none."""
    found: Any = request.data
    if not isinstance(found, bytes) or not found:
        raise ValidationError({"body": ["There is nothing in it."]})
    return found
