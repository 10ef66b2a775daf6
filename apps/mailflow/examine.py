"""Ask everything about a message once, before it is judged; never judge.

What must ask the network (SPF, DKIM, DMARC, lists) belongs here; `policy` decides on what was found.
"""

from dataclasses import dataclass

from apps.protocols.mime.scan import Scanned, scan

# Search text is read again when the message is filed.
TEXT_LIMIT = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a message when it is judged."""

    scanned: Scanned


async def examine(body: bytes) -> Facts:
    """Find the facts of a message."""
    return Facts(scan(body, text_limit=TEXT_LIMIT))
