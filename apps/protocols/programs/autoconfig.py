"""Mozilla's autoconfig, which Thunderbird, K-9, KMail, Evolution and others read (config-v1.1.xml)."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from .offer import Offer


def write(domain: str, offer: Offer) -> bytes:
    """Return the document for a domain; the program puts the address in by itself."""
    name = escape(domain)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<clientConfig version="1.1">',
        f"  <emailProvider id={quoteattr(domain)}>",
        f"    <domain>{name}</domain>",
        f"    <displayName>{name}</displayName>",
        f"    <displayShortName>{name}</displayShortName>",
        *_server("incoming", "imap", offer.host, offer.imaps, "SSL"),
        *_server("incoming", "imap", offer.host, offer.imap, "STARTTLS"),
        *_server("outgoing", "smtp", offer.host, offer.submissions, "SSL"),
        *_server("outgoing", "smtp", offer.host, offer.submission, "STARTTLS"),
        "  </emailProvider>",
        "</clientConfig>",
    ]
    return "\n".join([*lines, ""]).encode()


def _server(way: str, kind: str, host: str, port: int, socket: str) -> Iterator[str]:
    yield f'    <{way}Server type="{kind}">'
    yield f"      <hostname>{escape(host)}</hostname>"
    yield f"      <port>{port}</port>"
    yield f"      <socketType>{socket}</socketType>"
    # Within TLS; what looks like a name for no protection is the name for a password as it is.
    yield "      <authentication>password-cleartext</authentication>"
    yield "      <username>%EMAILADDRESS%</username>"
    yield f"    </{way}Server>"
