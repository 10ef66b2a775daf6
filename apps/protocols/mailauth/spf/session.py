"""What one SPF check knows and has used up: values of macros, lookups, and the names of an address."""

import functools
import ipaddress
from dataclasses import dataclass, field

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Status

from .macros import Template, expand, letters, to_name
from .results import PermError, TempError

MOST_TERMS = 10  # RFC 7208 4.6.4, also for MX and PTR records.
MOST_VOID = 2
UNKNOWN = "unknown"
type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(slots=True)
class Session:
    """One check. `values` are those of the macro letters, but for `d` and `p`, which depend on the policy."""

    address: Address
    values: dict[str, str]
    terms: int = 0
    voids: int = 0
    _names: tuple[str, ...] | None = None
    _verified: dict[str, bool] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of record that holds addresses like the sender's."""
        return "A" if self.address.version == 4 else "AAAA"

    def count_term(self) -> None:
        """Count a mechanism or modifier that asks DNS; raises PermError (RFC 7208 4.6.4)."""
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise PermError(f"more than {MOST_TERMS} terms that ask DNS")

    def ask(self, name: str, kind: str) -> Inquiry[Answer]:
        """Ask in the name of a mechanism; raises TempError, and PermError after too many empty answers."""
        answer = yield Lookup(name, kind)
        if answer.status is Status.FAULT:
            raise TempError(answer.reason)
        if not answer.records:
            self.voids += 1
            if self.voids > MOST_VOID:
                raise PermError(f"more than {MOST_VOID} names that have no records")
        return answer

    def ask_quietly(self, name: str, kind: str) -> Inquiry[Answer]:
        """Ask what the check does not fail for, unless its time is up.

        What is empty does not count, either: the sender, not the policy's author, chooses what its PTR records say.
        """
        answer = yield Lookup(name, kind)
        if answer.is_late:
            raise TempError(answer.reason)
        return answer

    def name(self, template: Template, domain: str) -> Inquiry[str]:
        """Return the name a term asks for; empty when there can be none."""
        if not template:
            return domain
        return to_name((yield from self.expand(template, domain)))

    def expand(self, template: Template, domain: str) -> Inquiry[str]:
        """Put values into a text."""
        if len(template) == 1 and isinstance(template[0], str):
            return template[0]
        needed = letters(template)
        values = {**self.values, "d": domain}
        if "p" in needed:
            values["p"] = yield from self._best_name(domain)
        return expand(template, values)

    def has(self, answer: Answer, prefix: int) -> bool:
        """Whether an address record holds the sender's network."""
        shift = self.address.max_prefixlen - prefix
        ours = int(self.address) >> shift
        return any(_number(text, self.address.version) >> shift == ours for text in answer.texts)

    def names(self) -> Inquiry[tuple[str, ...]]:
        """Return what the sender's PTR records say, the first ten."""
        if self._names is None:
            answer = yield from self.ask_quietly(self.address.reverse_pointer, "PTR")
            self._names = tuple(name for text in answer.texts[:MOST_TERMS] if (name := to_name(text.lower())))
        return self._names

    def is_verified(self, name: str) -> Inquiry[bool]:
        """Whether a name from a PTR record leads back to the sender."""
        if name not in self._verified:
            answer = yield from self.ask_quietly(name, self.kind)
            self._verified[name] = self.has(answer, self.address.max_prefixlen)
        return self._verified[name]

    def _best_name(self, domain: str) -> Inquiry[str]:
        """Return the verified name that `p` stands for (RFC 7208 7.3)."""
        names = yield from self.names()
        end = "." + domain.lower()
        for name in sorted(names, key=lambda each: (each != end[1:], not each.endswith(end))):
            if (yield from self.is_verified(name)):
                return name
        return UNKNOWN


@functools.lru_cache(4096)
def _number(text: str, version: int) -> int:
    """Return an address as a number, which what is none is never equal to."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return -(2**200)
    return int(address) if address.version == version else -(2**200)
