"""A policy as it is published: read completely before anything of it is judged (RFC 7208 4.6)."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from .macros import Template, read, read_domain
from .results import Spf, SpfSyntaxError

# Much more than anybody needs, who may ask ten names: what is longer wants to keep us busy.
LONGEST_RECORD = 8192
LONGEST_REMEMBERED = 1024
_QUALIFIERS = {"+": Spf.PASS, "-": Spf.FAIL, "~": Spf.SOFTFAIL, "?": Spf.NEUTRAL}
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(.*)", re.IGNORECASE | re.DOTALL)
_DUAL = re.compile(r"(?P<spec>.*?)(?:/(?P<four>0|[1-9]\d?))?(?://(?P<six>0|[1-9]\d{0,2}))?", re.DOTALL)
_NETWORK = re.compile(r"([0-9a-fA-F.:]+)(?:/(0|[1-9]\d{0,2}))?")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism; `target` is empty where the domain itself is meant."""

    kind: str
    qualifier: Spf
    text: str
    target: Template = ()
    four: int = 32
    six: int = 128
    network: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A policy that can be judged."""

    mechanisms: tuple[Mechanism, ...]
    redirect: Template | None = None
    explanation: Template | None = None


def is_policy(text: str) -> bool:
    """Whether a TXT record is an SPF policy, good or bad (RFC 7208 4.5)."""
    return text[:6].lower() == "v=spf1" and text[6:7] in {"", " "}


def parse(text: str) -> Record:
    """Read a policy; raises SpfSyntaxError."""
    if len(text) > LONGEST_RECORD:
        raise SpfSyntaxError(f"a policy of {len(text)} characters")
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _parse(text)


def _parse(text: str) -> Record:
    mechanisms: list[Mechanism] = []
    known: dict[str, Template] = {}
    for term in filter(None, text[6:].split(" ")):
        if not _PRINTABLE.fullmatch(term):
            raise SpfSyntaxError(f"not a term: {term[:80]!r}")
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            mechanisms.append(_mechanism(term))
            continue
        name = modifier[1].lower()
        if name not in {"redirect", "exp"}:
            read(modifier[2], is_explanation=True)
        elif name in known:
            raise SpfSyntaxError(f"{name}= stands twice")
        else:
            known[name] = read_domain(modifier[2])
    return Record(tuple(mechanisms), known.get("redirect"), known.get("exp"))


_remembered = lru_cache(maxsize=1024)(_parse)


def _mechanism(term: str) -> Mechanism:
    qualifier = _QUALIFIERS.get(term[0])
    body = term if qualifier is None else term[1:]
    qualifier = qualifier or Spf.PASS
    cut = next((at for at, sign in enumerate(body) if sign in ":/"), len(body))
    kind, argument = body[:cut].lower(), body[cut:]
    match kind:
        case "all" if not argument:
            return Mechanism(kind, qualifier, term)
        case "include" | "exists" if argument.startswith(":"):
            return Mechanism(kind, qualifier, term, read_domain(argument[1:]))
        case "ptr" if not argument:
            return Mechanism(kind, qualifier, term)
        case "ptr" if argument.startswith(":"):
            return Mechanism(kind, qualifier, term, read_domain(argument[1:]))
        case "ip4" | "ip6" if argument.startswith(":"):
            return _ip(kind, qualifier, term, argument[1:])
        case "a" | "mx":
            return _host(kind, qualifier, term, argument)
    raise SpfSyntaxError(f"not a mechanism: {term[:80]!r}")


def _host(kind: str, qualifier: Spf, term: str, argument: str) -> Mechanism:
    """Read what may have a domain and two prefix lengths (RFC 7208 5.3, 5.4)."""
    found = _DUAL.fullmatch(argument)
    assert found is not None, "each part may be missing"
    spec = found["spec"]
    if spec and not spec.startswith(":"):
        raise SpfSyntaxError(f"not a mechanism: {term[:80]!r}")
    four, six = int(found["four"] or 32), int(found["six"] or 128)
    if four > 32 or six > 128:
        raise SpfSyntaxError(f"not a prefix length: {term[:80]!r}")
    return Mechanism(kind, qualifier, term, read_domain(spec[1:]) if spec else (), four, six)


def _ip(kind: str, qualifier: Spf, term: str, argument: str) -> Mechanism:
    """Read a network (RFC 7208 5.6)."""
    found = _NETWORK.fullmatch(argument)
    if found is None:
        raise SpfSyntaxError(f"not a network: {term[:80]!r}")
    bits = 32 if kind == "ip4" else 128
    length = bits if found[2] is None else int(found[2])
    try:
        address = ipaddress.IPv4Address(found[1]) if kind == "ip4" else ipaddress.IPv6Address(found[1])
    except ValueError:
        raise SpfSyntaxError(f"not a network: {term[:80]!r}") from None
    if length > bits:
        raise SpfSyntaxError(f"not a prefix length: {term[:80]!r}")
    return Mechanism(
        kind, qualifier, term, (), length, length, int(address) >> (bits - length), address.version
    )
