"""Which picture a domain wants shown beside its mail (BIMI, draft-brand-indicators-for-message-identification-10).

Nothing is fetched: whoever writes the record chooses where the picture lies, and SVG is a program. What is handed out is
an address, for a reader who makes sure of both.
"""

import re
import urllib.parse
from dataclasses import dataclass
from typing import Literal

from apps.protocols.addresses import AddressError, DomainName

from .dkim.tags import TagError, parse_tags
from .dmarc import DmarcResult, Policy
from .lookups import Inquiry, Lookup, Status

MAX_RECORD_CHARACTERS = 4096
MAX_URL = 1024
MAX_NAME = 253

_VERSION = re.compile(r"[ \t]*v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|\Z)")
# As RFC 3986 has them, without the comma, which the draft wants encoded.
_URL = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+;=%-]+")
_PICTURES = (".svg", ".svgz")

type Outcome = Literal["pass", "none", "fail", "temperror", "declined", "skipped"]
type Avatar = Literal["brand", "personal"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a record says: where the picture lies, and where the evidence that it may be used (not checked here)."""

    location: str
    authority: str = ""
    avatar: Avatar = "brand"

    @property
    def is_declination(self) -> bool:
        """Whether it says that no picture is to be shown, not even that of the organization."""
        return not self.location and not self.authority


@dataclass(frozen=True, slots=True)
class BimiResult:
    """What became of it; `domain` is whose record was found. Only with "pass" is there a location."""

    result: Outcome
    domain: str = ""
    selector: str = ""
    location: str = ""
    authority: str = ""
    avatar: Avatar = "brand"
    reason: str = ""


class RecordError(ValueError):
    """A record that means to be one, and is none."""


def check_bimi(domain: str, dmarc: DmarcResult, selector: str = "default") -> Inquiry[BimiResult]:
    """Ask for the record of the only author's domain, then of its organization; two lookups at most.

    Nothing is asked unless DMARC passed and the owner wants failures kept out. A selector other than "default" comes from
    the message: take it from a field that an aligned signature covers. `lps=`, a selector for each sender, is not followed.
    """
    try:
        author = DomainName.parse(domain).name
        organizational = DomainName.parse(dmarc.organizational or author).name
        selector = DomainName.parse(selector).name
    except AddressError:
        return BimiResult("skipped", reason="no name that DNS can have")
    if why := _why_not(author, organizational, dmarc):
        return BimiResult("skipped", reason=why)
    for owner in dict.fromkeys((author, organizational)):
        name = f"{selector}._bimi.{owner}"
        if len(name) > MAX_NAME:
            continue
        answer = yield Lookup(name, "TXT")
        if answer.status is Status.FAULT:
            return BimiResult("temperror", owner, selector, reason=answer.reason or answer.status.value)
        records = [text for text in answer.texts if _VERSION.match(text)]
        if len(records) > 1:
            return BimiResult("fail", owner, selector, reason=f"{len(records)} records at {name}")
        if records:
            return _judged(records[0], owner, selector)
    return BimiResult("none", selector=selector)


def _why_not(author: str, organizational: str, dmarc: DmarcResult) -> str:
    """Say why a picture would vouch for more than DMARC does (section 7.1)."""
    if dmarc.result != "pass" or dmarc.domain != author or dmarc.record is None:
        return "DMARC did not pass for the author's domain"
    if not f".{author}".endswith(f".{organizational}"):
        return "the author's domain is not one of the organization"
    record = dmarc.record
    policies = {dmarc.policy, dmarc.published, record.policy, record.subdomain or record.policy}
    if Policy.NONE in policies:
        return "the DMARC policy asks for nothing"
    if record.testing or (record.policy is Policy.QUARANTINE and record.pct != 100):
        return "the DMARC policy is not for all mail"
    return ""


def _judged(text: str, owner: str, selector: str) -> BimiResult:
    try:
        found = read_assertion(text)
    except RecordError as error:
        return BimiResult("fail", owner, selector, reason=str(error))
    if found.is_declination:
        return BimiResult("declined", owner, selector)
    return BimiResult("pass", owner, selector, found.location, found.authority, found.avatar)


def read_assertion(text: str) -> Assertion:
    """Read a record, mending nothing; raises RecordError."""
    if len(text) > MAX_RECORD_CHARACTERS:
        raise RecordError("a record that is too long")
    if not _VERSION.match(text):
        raise RecordError("not a record of this version")
    try:
        tags = parse_tags(text)
    except TagError as error:
        raise RecordError(str(error)) from None
    if "l" not in tags:
        raise RecordError("l= is not there")
    location, authority = _url(tags["l"], "l"), _url(tags.get("a", ""), "a")
    if location and not urllib.parse.urlsplit(location).path.lower().endswith(_PICTURES):
        raise RecordError("l= is not the address of an SVG")
    if authority and not location:
        raise RecordError("l= is empty, and a= is not")
    return Assertion(location, authority, "personal" if tags.get("avp") == "personal" else "brand")


def _url(text: str, tag: str) -> str:
    """Return an address that is HTTPS, of a host with a name, and nothing else; empty stays empty."""
    if not text:
        return ""
    if len(text) > MAX_URL or not _URL.fullmatch(text):
        raise RecordError(f"{tag}= is not an address")
    try:
        parts = urllib.parse.urlsplit(text)
        host = DomainName.parse(parts.hostname or "").name
        port = parts.port
    except (ValueError, AddressError):
        raise RecordError(f"{tag}= is not an address with the name of a host") from None
    if parts.scheme != "https" or "@" in parts.netloc or port not in {None, 443} or "." not in host:
        raise RecordError(f"{tag}= is not HTTPS at the name of a host")
    return text
