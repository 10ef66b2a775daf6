"""Texts a rule must match and texts it must not: held against it whenever it is saved. Pure.

A sample of most rules is a text of their target: a subject, a header's value, what a reader sees. One of an
expression over names is a list of names (`A_LINK A_FORM`), or a whole message, headers and all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import meta
from .definitions import NAME, Came, Rule, RuleError, Target
from .engine import RuleSet
from .networks import Networks
from .patterns import compile_pattern
from .texts import LINES, as_bytes

_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"']+", re.IGNORECASE)
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sample."""

    text: str
    is_wanted: bool
    is_found: bool

    @property
    def is_right(self) -> bool:
        """Whether the rule did as it should."""
        return self.is_wanted == self.is_found


@dataclass(frozen=True, slots=True)
class _Link:
    href: str


@dataclass(frozen=True, slots=True)
class _Part:
    filename: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """A message as a sample writes it down: headers, an empty line, text."""

    headers: tuple[tuple[str, str], ...]
    text: str
    links: tuple[_Link, ...] = ()
    attachments: tuple[_Part, ...] = ()
    envelope: Came = field(default_factory=Came)

    @property
    def subject(self) -> str:
        """Its subject."""
        return next((value for name, value in self.headers if name == "subject"), "")

    @property
    def source(self) -> str:
        """Its text."""
        return self.text


def sketch(text: str) -> Sketch:
    """Read a sample that is a message; `Attachment: a.zip application/zip` and `Client: 192.0.2.1` say what else is."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    headers: list[tuple[str, str]] = []
    for line in head.split("\n"):
        if line[:1] in {" ", "\t"} and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            headers.append((name.strip().lower(), value.strip()))
    said = {name: value for name, value in headers if name in {"client", "helo", "sender-envelope"}}
    parts = [value.partition(" ") for name, value in headers if name == "attachment"]
    ours = {*said, "attachment"}
    return Sketch(
        tuple((name, value) for name, value in headers if name not in ours),
        body,
        tuple(_Link(found) for found in _URL.findall(body)),
        tuple(_Part(name, kind.strip() or "application/octet-stream") for name, _, kind in parts),
        Came(said.get("sender-envelope", ""), said.get("helo", ""), said.get("client", "")),
    )


def outcomes(rule: Rule, others: Iterable[Rule] = ()) -> list[Outcome]:
    """Hold a rule against its samples; `others` are what an expression over names may speak of."""
    wanted = [(text, True) for text in rule.samples.match] + [(text, False) for text in rule.samples.miss]
    return [
        Outcome(text, must, found)
        for (text, must), found in zip(wanted, held(rule, [text for text, _ in wanted], others), strict=True)
    ]


def held(rule: Rule, texts: Iterable[str], others: Iterable[Rule] = ()) -> list[bool]:
    """Return which of these texts a rule matches; raises RuleError if the rule cannot be used."""
    if rule.target is Target.META:
        return _held_meta(rule, texts, others)
    if rule.target is Target.CLIENT:
        networks = Networks()
        networks.add(rule.expression, 0)
        return [any(True for _ in networks.find(text.strip())) for text in texts]
    pattern = compile_pattern(rule.expression, by_line=rule.target in LINES)
    return [pattern.find(as_bytes(rule.target, text)) is not None for text in texts]


def _held_meta(rule: Rule, texts: Iterable[str], others: Iterable[Rule]) -> list[bool]:
    tree = meta.parse(rule.expression)
    everything: RuleSet | None = None
    found = []
    for text in texts:
        if names := _names(text):
            found.append(tree.holds(names))
            continue
        if everything is None:
            everything = RuleSet([*(one for one in others if one.name != rule.name), rule])
        message = sketch(text)
        found.append(rule.name in everything.find(message, message.envelope).details)
    return found


def _names(text: str) -> frozenset[str]:
    words = text.replace(",", " ").split()
    return frozenset(words) if words and all(map(NAME.match, words)) else frozenset()


def check_samples(rule: Rule, others: Iterable[Rule] = ()) -> None:
    """Refuse a rule that does not do what its samples say; raises RuleError."""
    for one in outcomes(rule, others):
        if not one.is_right:
            shown = " ".join(one.text.split())[:_SHOWN]
            raise RuleError(f"it {'does not match' if one.is_wanted else 'matches'} its sample: {shown}")
