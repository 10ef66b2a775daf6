"""Mail that goes to many: which list it is, and how one leaves it (RFC 2919, RFC 2369)."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.headers import decode_words, first

LONGEST = 2000
_LIST_ID = re.compile(rb"^([^<]*)<([^<>]*)>")
_ADDRESS = re.compile(r"<\s*([^<>\s]+)\s*>")


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list: its name, and a page or a letter by which one leaves it; empty where it has none."""

    name: str
    page: str = ""
    letter: str = ""

    @property
    def host(self) -> str:
        """Where the page is."""
        return urlsplit(self.page).hostname or ""


def mailing_list(header: bytes) -> MailingList | None:
    """Return the list a message came by, or None for one that was written to its reader."""
    identity, leaving = first(header, b"List-Id"), first(header, b"List-Unsubscribe")
    if not identity and not leaving:
        return None
    ways = [way for way in _ADDRESS.findall(storable(decode_words(leaving or b""))) if len(way) <= LONGEST]
    return MailingList(
        _name(identity or b""),
        page=next((way for way in ways if _is_page(way)), ""),
        letter=next((way for way in ways if way.lower().startswith("mailto:") and "@" in way), ""),
    )


def _name(identity: bytes) -> str:
    match = _LIST_ID.match(identity)
    if match is None:
        return storable(decode_words(identity))[:200].strip()
    said = storable(decode_words(match[1])).strip().strip('"').strip()
    return (said or storable(decode_words(match[2])).strip())[:200]


def _is_page(way: str) -> bool:
    try:
        parts = urlsplit(way)
        return parts.scheme.lower() == "https" and bool(parts.hostname)
    except ValueError:
        return False
