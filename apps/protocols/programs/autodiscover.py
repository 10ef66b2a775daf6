"""Autodiscover of Outlook and its kin, plain old XML ([MS-OXDSCLI] 2.2): the question read, the answer written.

The question is looked through, not parsed: two of its elements matter, and a parser of XML would be one more thing that
strangers can feed.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .offer import Offer

MOST_BYTES = 16 * 1024
_FRAME = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_ELEMENT = r"<(?:[A-Za-z]{{1,20}}:)?{0}(?:\s[^<>]{{0,200}})?>([^<>]{{0,1000}})<"
_ADDRESS = re.compile(_ELEMENT.format("EMailAddress"), re.IGNORECASE)
_SCHEMA = re.compile(_ELEMENT.format("AcceptableResponseSchema"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose settings are wanted, and whether in a way we can tell them."""

    address: str
    is_outlook: bool
    """Not a phone's question for ActiveSync, which we do not speak."""


def read(body: bytes) -> Asked | None:
    """Read a question; None for what is none."""
    if len(body) > MOST_BYTES:
        return None
    is_wide = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = body.decode("utf-16" if is_wide else "utf-8-sig", "replace")
    address, schema = _ADDRESS.search(text), _SCHEMA.search(text)
    if address is None:
        return None
    said = schema[1].strip().lower() if schema else _OUTLOOK
    return Asked(html.unescape(address[1]).strip(), is_outlook="/outlook/" in said)


def write(address: str, offer: Offer) -> bytes:
    """Return the settings for an address."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<Autodiscover xmlns="{_FRAME}">',
        f'  <Response xmlns="{_OUTLOOK}">',
        "    <User>",
        f"      <DisplayName>{escape(address)}</DisplayName>",
        "    </User>",
        "    <Account>",
        "      <AccountType>email</AccountType>",
        "      <Action>settings</Action>",
        *_protocol("IMAP", address, offer.host, offer.imaps),
        *_protocol("SMTP", address, offer.host, offer.submissions),
        "    </Account>",
        "  </Response>",
        "</Autodiscover>",
    ]
    return "\n".join([*lines, ""]).encode()


def _protocol(kind: str, address: str, host: str, port: int) -> Iterator[str]:
    yield "      <Protocol>"
    yield f"        <Type>{kind}</Type>"
    yield f"        <Server>{escape(host)}</Server>"
    yield f"        <Port>{port}</Port>"
    yield "        <DomainRequired>off</DomainRequired>"
    yield f"        <LoginName>{escape(address)}</LoginName>"
    yield "        <SPA>off</SPA>"
    yield "        <SSL>on</SSL>"
    yield "        <AuthRequired>on</AuthRequired>"
    if kind == "SMTP":
        yield "        <UsePOPAuth>on</UsePOPAuth>"
        yield "        <SMTPLast>off</SMTPLast>"
    yield "      </Protocol>"


def refuse(code: int, message: str, time: str) -> bytes:
    """Return a refusal: 600 for what is no question, 601 for what we do not offer ([MS-OXDSCLI] 3.1.5.5)."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<Autodiscover xmlns="{_FRAME}">',
        "  <Response>",
        f'    <Error Time="{escape(time)}" Id="1">',
        f"      <ErrorCode>{code}</ErrorCode>",
        f"      <Message>{escape(message)}</Message>",
        "      <DebugData />",
        "    </Error>",
        "  </Response>",
        "</Autodiscover>",
    ]
    return "\n".join([*lines, ""]).encode()
