"""Whom a message says it is from: the domains of every address in every From field, and what is doubtful about them.

RFC 5322 3.6 demands one From field, and DMARC is about one author's domain. A message without, or with authors of several
domains, is the usual way around both: no policy speaks for it, and programs differ on which author they show.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.protocols.addresses import AddressError, DomainName
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.headers import HEADER, every, unfold

MOST_AUTHORS = 1000
MOST_BYTES = 16 * 1024
"""So much of From is read. Taking apart what is malformed takes a microsecond a byte, on the loop of everybody's mail."""
# Two addresses in one place are malformed, and programs differ on which of them they show.
_BRACKETED = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|<[^<>@"]*+@([^<>@"\s]++)>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Authors:
    """Their domains, and whether there is more that was not read.

    What is no domain is among them, too: DMARC says then that it cannot judge, rather than that there is no author.
    """

    domains: tuple[str, ...]
    is_cut: bool = False

    @property
    def doubt(self) -> str:
        """Why they are not one author's domain, or ''."""
        if self.is_cut:
            return f"From has more than {MOST_BYTES} bytes"
        if not self.domains:
            return "From names no author"
        if len(self.domains) > 1:
            return f"From names authors of {len(self.domains)} domains"
        try:
            DomainName.parse(self.domains[0])
        except AddressError:
            return "the author's domain is none"
        return ""


def authors_of(body: bytes) -> Authors:
    """Read the authors of a message."""
    match = HEADER.match(body)
    return read_authors(every(match[0], b"from") if match else ())


def read_authors(fields: Sequence[bytes]) -> Authors:
    """Read the authors from the values of From fields, as they stand."""
    found: dict[str, None] = {}
    left = MOST_BYTES
    for value in fields:
        field = unfold(value[:left])
        left -= len(value)
        for text in map(spec_text, parse_addresses(field, MOST_AUTHORS)):
            _, at, domain = text.rpartition("@")
            if at:
                found.setdefault(domain.strip().lower())
        for one in _BRACKETED.finditer(field):
            if one[1]:
                found.setdefault(one[1].decode("utf-8", "replace").lower())
        if left < 0:
            break
    return Authors(tuple(found), left < 0)
