"""Answers evaluators by hand from zones in the notation of the openspf suite."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Record, Status

FAULT = Answer(Status.FAULT, reason="no answer in time")
type Entries = Sequence[str | Mapping[str, Any]]
type ZoneData = Mapping[str, Entries]


class Answers:
    """A world of names; counts what it is asked.

    As the suite wants it: `SPF` stands for TXT where a name has no TXT, `TXT: NONE` for having none, and the word
    TIMEOUT among the entries of a name for every kind it does not list.
    """

    def __init__(self, zone: ZoneData) -> None:
        self._zone = {str(name).lower(): entries for name, entries in zone.items()}
        self.asked: list[Lookup] = []

    def answer(self, lookup: Lookup, depth: int = 0) -> Answer:
        """Answer one question."""
        if depth > 8:
            return FAULT
        entries = self._zone.get(lookup.name.lower())
        if entries is None:
            return Answer(Status.NO_DOMAIN)
        listed = [entry for entry in entries if not isinstance(entry, str)]
        has_text = any("TXT" in entry for entry in listed)
        found: list[Record] = []
        for entry in listed:
            for kind, value in entry.items():
                if kind == "CNAME" and lookup.kind != "CNAME":
                    return self.answer(Lookup(str(value).removesuffix("."), lookup.kind), depth + 1)
                if kind == lookup.kind or (kind == "SPF" and lookup.kind == "TXT" and not has_text):
                    if value == "TIMEOUT":
                        return FAULT
                    if value != "NONE":
                        found.append(_record(kind, value))
        if found:
            return Answer(Status.FOUND, tuple(found))
        return FAULT if "TIMEOUT" in entries else Answer(Status.NO_DATA)

    def run[T](self, inquiry: Inquiry[T]) -> T:
        """Answer all that an inquiry asks."""
        try:
            lookup = next(inquiry)
            while True:
                self.asked.append(lookup)
                lookup = inquiry.send(self.answer(lookup))
        except StopIteration as stop:
            found: T = stop.value
            return found


def _record(kind: str, value: Any) -> Record:
    if kind == "MX":
        return Mx(int(value[0]), str(value[1]).removesuffix(".") or ".")
    if kind in {"SPF", "TXT"}:
        text = "".join(value) if isinstance(value, list) else str(value)
        # YAML writes bytes as characters; what is none of UTF-8 comes from the resolver as surrogates.
        return text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    return str(value).removesuffix(".")
