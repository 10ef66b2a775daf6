"""Whose domain a domain is: by the Public Suffix List (RFC 7489 3.2) or by the tree walk of DMARCbis (4.10)."""

import enum
import functools
from collections.abc import Generator
from dataclasses import dataclass, field

import publicsuffixlist

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Status

from .record import Record, is_record, read_record

WALK_LOOKUPS = 8
MAX_LOOKUPS = 60


class By(enum.StrEnum):
    """How the organizational domain is found."""

    TREE_WALK = "tree-walk"
    SUFFIX_LIST = "suffix-list"


class FaultError(Exception):
    """DNS gave no usable answer, so there is no verdict; the text says to which question."""


@dataclass(frozen=True, slots=True)
class Published:
    """What stands at one name: a record, or why there is none."""

    domain: str
    record: Record | None = None
    trouble: str = ""
    """Something stands there that means to be a record and is none."""


@dataclass(slots=True)
class Asker:
    """Asks for records, each name once, and not without end."""

    known: dict[str, Published] = field(default_factory=dict)
    asked: int = 0

    def published(self, domain: str) -> Inquiry[Published]:
        """Ask what a domain publishes; raises FaultError."""
        if (found := self.known.get(domain)) is None:
            found = self.known[domain] = _read(domain, (yield from self.ask(f"_dmarc.{domain}", "TXT")))
        return found

    def ask(self, name: str, kind: str) -> Inquiry[Answer]:
        """Ask one question; raises FaultError."""
        if len(name) > 253:
            return Answer(Status.NO_DOMAIN)
        if self.asked >= MAX_LOOKUPS:
            raise FaultError(f"more than {MAX_LOOKUPS} lookups for one message")
        self.asked += 1
        answer = yield Lookup(name, kind)
        if answer.status is Status.FAULT:
            raise FaultError(f"{kind} {name}: {answer.reason or answer.status.value}")
        return answer


@dataclass(frozen=True, slots=True)
class Walk:
    """What the walk from a name to its root found."""

    organizational: str
    found: tuple[Published, ...]
    """What stands along the way, names without anything left out; longest name first."""


def walk(domain: str, asker: Asker) -> Inquiry[Walk]:
    """Walk up the tree, at most eight lookups, and pick the organizational domain; raises FaultError."""
    seen: list[Published] = []
    for name in steps(domain):
        found = yield from asker.published(name)
        if found.record is not None or found.trouble:
            seen.append(found)
        if found.record is not None and found.record.psd != "u":
            break
    return Walk(_pick(domain, seen), tuple(seen))


def steps(domain: str) -> Generator[str]:
    """Name what the walk asks: the domain, then (of a long one) its last seven labels, and upwards from there."""
    yield domain
    labels = domain.split(".")
    start = 1 if len(labels) < WALK_LOOKUPS else len(labels) - WALK_LOOKUPS + 1
    for index in range(start, len(labels)):
        yield ".".join(labels[index:])


def _pick(domain: str, seen: list[Published]) -> str:
    chosen = domain
    for found in seen:
        if found.record is None:
            continue
        if found.record.psd == "n":
            return found.domain
        if found.record.psd == "y" and found.domain != domain:
            # The record of a public suffix: what lies one label below it belongs to somebody.
            below = domain.removesuffix(f".{found.domain}").rpartition(".")[2]
            return f"{below}.{found.domain}"
        chosen = found.domain
    return chosen


def organizational_domain(domain: str, asker: Asker, by: By) -> Inquiry[str]:
    """Return whose domain it is; raises FaultError."""
    if by is By.SUFFIX_LIST:
        return by_suffix_list(domain)
    found = yield from walk(domain, asker)
    return found.organizational


def by_suffix_list(domain: str) -> str:
    """Return the registered domain; a public suffix itself is its own."""
    return _suffixes().privatesuffix(domain) or domain


def public_suffix(domain: str) -> str | None:
    """Return the public suffix a domain is registered under."""
    return _suffixes().publicsuffix(domain)


@functools.cache
def _suffixes() -> publicsuffixlist.PublicSuffixList:
    # Some megabytes of names: only those read them who work by the list.
    return publicsuffixlist.PublicSuffixList()


def _read(domain: str, answer: Answer) -> Published:
    texts = [text for text in answer.texts if is_record(text)]
    if len(texts) > 1:
        return Published(domain, None, f"{domain} publishes {len(texts)} DMARC records, so none counts")
    if not texts:
        return Published(domain)
    record = read_record(texts[0])
    return Published(domain, record, "" if record else f"the DMARC record of {domain} names no policy")
