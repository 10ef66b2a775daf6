"""Whether an address stands on a block list that DNS serves, asked in a way that a broken list is found out (RFC 5782)."""

import enum
import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.protocols.addresses import AddressError, DomainName

from .lookups import Answer, Inquiry, Lookup, Status

MOST_LISTS = 20
MOST_CODES = 10
MOST_REASON = 200
MOST_ZONE = 253 - 64  # What an IPv6 address puts in front of it.
USUAL = "127.0.0.2"

_LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
_ERRORS = ipaddress.IPv4Network("127.255.255.0/24")
_NEVER = ipaddress.IPv4Address("127.0.0.1")
_TESTS = {4: ("127.0.0.2", "127.0.0.1"), 6: ("::ffff:127.0.0.2", "::ffff:127.0.0.1")}
_CODES = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?:-(\d{1,3}))?")


class State(enum.StrEnum):
    """What a list says of an address, or what there is to say of the list itself."""

    CLEAN = "clean"
    LISTED = "listed"
    UNDECLARED = "undeclared"
    """An answer within 127.0.0.0/8 that nobody declared to be a listing: it counts for nothing, and should be looked at."""
    UNKNOWN = "unknown"
    UNKEPT = "unkept"
    """The list holds no addresses of this kind."""
    WORKS = "works"
    BROKEN = "broken"
    SILENT = "silent"
    """DNS gave no usable answer: nothing is known, and nothing that was known is over."""


class ListError(ValueError):
    """A list that is not written as it should be."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """A zone, and the answers of it that mean an address is listed, as first and last of each range."""

    zone: str
    codes: tuple[tuple[ipaddress.IPv4Address, ipaddress.IPv4Address], ...]

    def means(self, code: ipaddress.IPv4Address) -> bool:
        """Whether this answer was declared."""
        return any(first <= code <= last for first, last in self.codes)


@dataclass(frozen=True, slots=True)
class Said:
    """What a list says of one address; the reason is its own text, which anybody may have written."""

    address: str
    state: State
    codes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a list: only one that works says something of addresses."""

    zone: str
    state: State
    reason: str = ""
    said: tuple[Said, ...] = ()


class BrokenError(Exception):
    """The list answers as no list may."""


class SilentError(Exception):
    """DNS gave no usable answer."""


def read_lists(entries: Iterable[str]) -> tuple[Blocklist, ...]:
    """Read entries like `zone` or `zone=127.0.0.2-11+127.0.1.2`; raises ListError.

    Without codes the usual one is meant, 127.0.0.2: what else a list answers has to be known to be worth an alarm.
    """
    found: dict[str, Blocklist] = {}
    for entry in entries:
        zone, equals, codes = entry.strip().partition("=")
        try:
            name = DomainName.parse(zone.strip().removesuffix(".")).name
        except AddressError:
            raise ListError(f"{zone.strip()!r} is not the name of a zone") from None
        if "." not in name or len(name) > MOST_ZONE:
            raise ListError(f"{zone.strip()!r} is not the name of a zone")
        if name in found:
            raise ListError(f"{name} stands there twice")
        ranges = tuple(_range(item.strip()) for item in (codes if equals else USUAL).split("+"))
        found[name] = Blocklist(name, ranges)
    if len(found) > MOST_LISTS:
        raise ListError(f"more than {MOST_LISTS} lists")
    return tuple(found.values())


def _range(text: str) -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]:
    try:
        if (match := _CODES.fullmatch(text)) is None:
            raise ListError(f"{text!r} is not an answer like 127.0.0.2, or a range like 127.0.0.2-11")
        first = ipaddress.IPv4Address(match[1])
        last = ipaddress.IPv4Address(f"{match[1].rpartition('.')[0]}.{match[2]}") if match[2] else first
    except ipaddress.AddressValueError:
        raise ListError(f"{text!r} is not an answer like 127.0.0.2, or a range like 127.0.0.2-11") from None
    if first > last or first not in _LOOPBACK or first in _ERRORS or first <= _NEVER:
        raise ListError(f"{text}: no list answers so of an address that it lists")
    return first, last


def name_of(address: str, zone: str) -> str:
    """Return the name under which a zone answers for an address (RFC 5782 2.1, 2.4)."""
    pointer = ipaddress.ip_address(address).reverse_pointer
    return f"{pointer.removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"


def check_blocklist(blocklist: Blocklist, addresses: Sequence[str]) -> Inquiry[Checked]:
    """Ask whether a list is in order, and only of one that is, whether it holds these addresses.

    An answer that no list may give, of a test or of an address, takes back all it said in this turn.
    """
    said: list[Said] = []
    kinds = {ipaddress.ip_address(address).version for address in addresses}
    try:
        yield from _test(blocklist, 4)
        keeps_six = 6 in kinds and (yield from _test(blocklist, 6))
        for address in addresses:
            if ipaddress.ip_address(address).version == 6 and not keeps_six:
                said.append(Said(address, State.UNKEPT))
                continue
            said.append((yield from _ask(blocklist, address)))
    except BrokenError as error:
        return Checked(blocklist.zone, State.BROKEN, str(error))
    except SilentError as error:
        return Checked(blocklist.zone, State.SILENT, str(error))
    return Checked(blocklist.zone, State.WORKS, said=tuple(said))


def _test(blocklist: Blocklist, version: int) -> Inquiry[bool]:
    """Ask for what each list must hold, and must not (RFC 5782 5); False: none of these addresses are held."""
    listed, clean = _TESTS[version]
    answer = yield Lookup(name_of(clean, blocklist.zone), "A")
    if codes := codes_of(answer, clean):
        raise BrokenError(f"lists {clean}, as if it listed everything ({_shown(codes)})")
    answer = yield Lookup(name_of(listed, blocklist.zone), "A")
    codes = codes_of(answer, listed)
    if any(blocklist.means(code) for code in codes):
        return True
    if codes:
        raise BrokenError(f"answers {_shown(codes)} of its test address {listed}, which is not declared")
    if version == 6:
        return False
    raise BrokenError(
        f"does not list its test address {listed}: it has ended, or does not answer this resolver"
    )


def _ask(blocklist: Blocklist, address: str) -> Inquiry[Said]:
    name = name_of(address, blocklist.zone)
    answer = yield Lookup(name, "A")
    try:
        codes = codes_of(answer, address)
    except SilentError as error:
        return Said(address, State.UNKNOWN, reason=str(error))
    if not codes:
        return Said(address, State.CLEAN)
    told = tuple(str(code) for code in codes[:MOST_CODES])
    if not any(blocklist.means(code) for code in codes):
        return Said(address, State.UNDECLARED, told)
    why = yield Lookup(name, "TXT")
    return Said(address, State.LISTED, told, _plain(next(iter(why.texts), "")))


def codes_of(answer: Answer, address: str) -> tuple[ipaddress.IPv4Address, ...]:
    """Return the answers, none where there is no record; raises where the list, or DNS, is at fault."""
    if answer.status is Status.FAULT:
        raise SilentError(answer.reason or answer.status.value)
    codes: list[ipaddress.IPv4Address] = []
    for text in answer.texts:
        try:
            code = ipaddress.IPv4Address(text)
        except ipaddress.AddressValueError:
            raise BrokenError(f"answers {_plain(text)} of {address}, which is no address") from None
        if code in _ERRORS:
            raise BrokenError(f"refuses to answer this resolver ({code})")
        if code not in _LOOPBACK:
            raise BrokenError(f"answers {code} of {address}, as somebody does who took over its name")
        codes.append(code)
    return tuple(codes)


def _shown(codes: Sequence[ipaddress.IPv4Address]) -> str:
    return ", ".join(str(code) for code in codes[:MOST_CODES])


def _plain(text: str) -> str:
    """Return what came from DNS as text that can be kept and shown."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:MOST_REASON]).strip()
