"""The sets of a chain: found in a header, and in order (RFC 8617 4.2, 5.2)."""

import re
from dataclasses import dataclass

from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.signature import names_of, tags_of
from apps.protocols.mailauth.dkim.tags import TagError

from .results import ArcSet

SEAL, MESSAGE, RESULTS = b"arc-seal", b"arc-message-signature", b"arc-authentication-results"
KINDS = (RESULTS, MESSAGE, SEAL)
"""In the order in which a set is sealed (RFC 8617 5.1.1)."""
SETS = 50

_COMMENTS = rb"(?:[ \t\r\n]|\((?:[^()\\]|\\.)*\))*"
_PREFIX = re.compile(_COMMENTS + rb"i" + _COMMENTS + rb"=" + _COMMENTS + rb"([0-9]{1,2})" + _COMMENTS + rb";")
_NUMBER = re.compile(r"[0-9]{1,2}")
_ANY = re.compile(rb"(?:^|[;:])[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,3})(?![0-9])")


class BrokenError(Exception):
    """A chain that is none, and why; it never leaves the package."""


@dataclass(frozen=True, slots=True)
class Link:
    """One whole set: where its fields stand, and what they say."""

    instance: int
    places: dict[bytes, int]
    seal: dict[str, str]
    message: dict[str, str]
    results: str

    @property
    def claim(self) -> ArcSet:
        """What the set claims."""
        domain, selector = names_of(self.seal)
        return ArcSet(self.instance, domain, selector, self.results)


@dataclass(frozen=True, slots=True)
class Chain:
    """All there is of sets: those in order, or what is wrong with them."""

    links: tuple[Link, ...] = ()
    fault: str = ""
    highest: int = 0
    is_ended: bool = False


def read_chain(letter: Letter) -> Chain:
    """Read the sets of a message."""
    places = [(kind, place) for kind in KINDS for place in letter.places(kind)]
    if not places:
        return Chain()
    highest = _highest(letter, places)
    if _is_ended(letter, highest):
        return Chain((), "the last seal says that the chain is broken", highest, is_ended=True)
    try:
        return Chain(_links(letter, places), "", highest)
    except BrokenError as error:
        return Chain((), str(error), highest)


def _highest(letter: Letter, places: list[tuple[bytes, int]]) -> int:
    """Return the highest instance that any field claims, however malformed it is."""
    found = [0]
    for _, place in places:
        if match := _ANY.search(letter.fields[place][1]):
            found.append(int(match[1]))
    return max(found)


def _is_ended(letter: Letter, highest: int) -> bool:
    """Say whether the last seal declares the chain broken: what else there is does not count then (5.2, step 2)."""
    for place in letter.places(SEAL):
        try:
            tags = tags_of(letter.fields[place][1])
        except TagError:
            continue
        if tags.get("cv") == "fail" and tags.get("i", "").lstrip("0") == str(highest):
            return True
    return False


def _links(letter: Letter, places: list[tuple[bytes, int]]) -> tuple[Link, ...]:
    if len(places) > SETS * len(KINDS):
        raise BrokenError("there are too many sets")
    at: dict[int, dict[bytes, int]] = {}
    tags: dict[int, dict[str, str]] = {}
    texts: dict[int, str] = {}
    for kind, place in places:
        raw = letter.fields[place][1]
        if kind == RESULTS:
            instance, texts[place] = _read_results(raw)
        else:
            instance, tags[place] = _read_tags(raw)
        if kind in at.setdefault(instance, {}):
            raise BrokenError(f"two fields of a kind are of instance {instance}")
        at[instance][kind] = place
    if max(at) > len(at):
        raise BrokenError("an instance is missing")
    if any(len(found) < len(KINDS) for found in at.values()):
        raise BrokenError("a set is not whole")
    links = [
        Link(instance, found, tags[found[SEAL]], tags[found[MESSAGE]], texts[found[RESULTS]])
        for instance, found in sorted(at.items())
    ]
    for link in links:
        _check_seal(link)
    return tuple(links)


def _read_results(raw: bytes) -> tuple[int, str]:
    value = raw.partition(b":")[2]
    match = _PREFIX.match(value)
    if not match:
        raise BrokenError("results do not begin with their instance")
    text = value[match.end() :].replace(b"\r\n", b"").decode("utf-8", "replace")
    return _checked(int(match[1])), " ".join(text.split())


def _read_tags(raw: bytes) -> tuple[int, dict[str, str]]:
    try:
        tags = tags_of(raw)
    except TagError as error:
        raise BrokenError(f"a field is malformed: {error}") from None
    if not _NUMBER.fullmatch(tags.get("i", "")):
        raise BrokenError("i= is missing, or no number")
    return _checked(int(tags["i"])), tags


def _checked(instance: int) -> int:
    if not 1 <= instance <= SETS:
        raise BrokenError(f"an instance is from 1 to {SETS}")
    return instance


def _check_seal(link: Link) -> None:
    if "h" in link.seal:
        raise BrokenError("a seal has no h=")
    said = link.seal.get("cv", "")
    if said != ("none" if link.instance == 1 else "pass"):
        raise BrokenError(f"cv= of seal {link.instance} cannot be {said[:10]!r}")
