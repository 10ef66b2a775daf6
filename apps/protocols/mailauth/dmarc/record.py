"""A DMARC record, read as tolerantly as the standard asks: a tag that is wrong counts as absent (RFC 7489 6.3)."""

import enum
import functools
import re
import urllib.parse
from dataclasses import dataclass

from apps.protocols.addresses import Address, AddressError

MAX_URIS = 10
MAX_RECORD_CHARACTERS = 8192
REMEMBERED_CHARACTERS = 1000

_VERSION = re.compile(r"[ \t]*v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_TAG = re.compile(r"[a-z][a-z0-9_]*")
_SIZE = re.compile(r"!(\d{1,12})([kmgt]?)", re.IGNORECASE)
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}


class Policy(enum.StrEnum):
    """What the owner of a domain asks receivers to do with mail that fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def lowered(self) -> "Policy":
        """One step milder, as a domain in test mode asks for."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


@dataclass(frozen=True, slots=True)
class ReportUri:
    """Whom to send reports to: an address, and how large a report may be at most (None: as large as it is)."""

    address: Address
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What a domain publishes at `_dmarc`."""

    policy: Policy
    subdomain: Policy | None = None
    nonexistent: Policy | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    testing: bool = False
    psd: str = "u"
    rua: tuple[ReportUri, ...] = ()
    ruf: tuple[ReportUri, ...] = ()
    fo: str = "0"
    pct: int = 100
    """Only for what reports say: it was never applied alike by any two receivers, and DMARCbis took it away."""


def is_record(text: str) -> bool:
    """Say whether a TXT record means to be one: it begins with the version, in exactly these letters."""
    return _VERSION.match(text) is not None


def read_record(text: str) -> Record | None:
    """Read a TXT record; None when it is no DMARC record, or one that asks for nothing that can be done."""
    if not is_record(text) or len(text) > MAX_RECORD_CHARACTERS:
        return None
    return _remembered(text) if len(text) <= REMEMBERED_CHARACTERS else _read(text)


@functools.lru_cache(1000)
def _remembered(text: str) -> Record | None:
    """Read a record of the usual length once: each message asks for several, and most messages for the same."""
    return _read(text)


def _read(text: str) -> Record | None:
    tags = _tags(text)
    rua = read_uris(tags.get("rua", ""))
    policies = [_policy(tags, name) for name in ("p", "sp", "np")]
    wrong = [name for name in ("p", "sp", "np") if name in tags and _policy(tags, name) is None]
    if policies[0] is None or wrong:
        # Without a policy it can still ask for reports, and then means "none" (RFC 7489 6.6.3, step 6).
        if not rua and tags.get("psd", "").lower() != "y":
            return None
        policies = [Policy.NONE, None, None]
    psd = tags.get("psd", "u").lower()
    pct = tags.get("pct", "100")
    return Record(
        policy=policies[0] or Policy.NONE,
        subdomain=policies[1],
        nonexistent=policies[2],
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        testing=tags.get("t", "n").lower() == "y",
        psd=psd if psd in {"y", "n"} else "u",
        rua=rua,
        ruf=read_uris(tags.get("ruf", "")),
        fo=tags.get("fo", "0")[:20],
        pct=min(100, int(pct)) if pct.isascii() and pct.isdecimal() and len(pct) < 4 else 100,
    )


def read_uris(text: str) -> tuple[ReportUri, ...]:
    """Read a list of report addresses; what is no mailto is left out, for nobody could send there."""
    found: list[ReportUri] = []
    for item in text.split(",")[: 2 * MAX_URIS]:
        uri = _read_uri(item.strip())
        if uri is not None and uri not in found:
            found.append(uri)
    return tuple(found[:MAX_URIS])


def _read_uri(text: str) -> ReportUri | None:
    scheme, _, rest = text.partition(":")
    if scheme.strip().lower() != "mailto":
        return None
    # An exclamation mark of the address itself would be percent-encoded.
    rest, mark, size = rest.partition("!")
    limit = None
    if mark:
        if (found := _SIZE.fullmatch(mark + size.strip())) is None:
            return None
        limit = int(found[1]) << _UNITS[found[2].lower()]
    try:
        address = Address.parse(urllib.parse.unquote(rest.partition("?")[0].strip(), errors="strict"))
    except (AddressError, UnicodeDecodeError):
        return None
    return None if address.domain.startswith("[") else ReportUri(address, limit)


def _tags(text: str) -> dict[str, str]:
    """Split into tags; the first of two with one name counts."""
    tags: dict[str, str] = {}
    for item in text.split(";"):
        name, equals, value = item.partition("=")
        name = name.strip(" \t").lower()
        if equals and _TAG.fullmatch(name):
            tags.setdefault(name, value.strip(" \t"))
    return tags


def _policy(tags: dict[str, str], name: str) -> Policy | None:
    try:
        return Policy(tags[name].lower())
    except (KeyError, ValueError):
        return None
