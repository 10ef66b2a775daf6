"""The one error of IMAP's parsers."""

from typing import Literal


class ProtocolError(ValueError):
    """What a client sent cannot be understood or is too much; the text is ours and may be sent to it.

    `status` is the tagged answer (RFC 3501 7.1) and `code` its response code, if there is one.
    """

    def __init__(self, text: str, *, status: Literal["BAD", "NO"] = "BAD", code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.code = code
