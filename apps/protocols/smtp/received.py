"""The Received header we add to what we accept (RFC 5321 4.4, protocol names of RFC 3848 and 6531)."""

import datetime as dt
import functools
import ipaddress
from dataclasses import dataclass
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Hop:
    """How a message came to us."""

    helo: str
    peer: str
    by: str
    queue_id: str
    esmtp: bool
    tls: str
    signed_in: bool
    smtputf8: bool


def protocol(hop: Hop) -> str:
    """Return the name of the protocol that was spoken: SMTP, ESMTPSA, UTF8SMTPS ..."""
    if not hop.esmtp:
        return "SMTP"
    name = "UTF8SMTP" if hop.smtputf8 else "ESMTP"
    return name + ("S" if hop.tls else "") + ("A" if hop.signed_in else "")


@functools.lru_cache(4096)
def address_literal(peer: str) -> str:
    """Write an IP address as it stands in brackets; `unknown` for what is none."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return f"[{address.ipv4_mapped}]"
        return f"[IPv6:{address}]"
    return f"[{address}]"


def received(hop: Hop, *, recipient: str | None, now: dt.datetime) -> bytes:
    """Write the header. The recipient is named only when it is alone: the others are nobody's business."""
    lines = [
        f"Received: from {hop.helo} ({address_literal(hop.peer)})",
        f"by {hop.by} with {protocol(hop)} id {hop.queue_id}",
    ]
    if hop.tls:
        lines[1] += f" ({hop.tls})"
    if recipient:
        lines.append(f"for <{recipient}>")
    lines[-1] += ";"
    lines.append(format_datetime(now.astimezone(dt.UTC)))
    return "\r\n\t".join(lines).encode() + b"\r\n"
