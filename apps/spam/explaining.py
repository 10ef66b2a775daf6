"""Why a message is where it is, in words: for its owner, and for whoever runs the site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.spam.judged import symbols_read
from apps.spam.models import Judgement
from apps.spam.rules.queries import describe
from apps.spam.symbols import Source, Symbol
from apps.spam.words import words

TOP = 5
SPEAKS = 0.05
"""What weighs less says nothing."""

ACTIONS: Mapping[str, Promise] = {
    "inbox": gettext_lazy("It was let through to the inbox."),
    "tag": gettext_lazy("It was let through, with a note in its header."),
    "junk": gettext_lazy("It was put into the folder for junk."),
    "quarantine": gettext_lazy("It was held back."),
    "refuse": gettext_lazy("It was to be refused."),
}
REASONS: Mapping[str, Promise] = {
    "allowed": gettext_lazy("Its sender is on a list of senders who are always wanted, which decides."),
    "blocked": gettext_lazy("Its sender is on a list of senders who are never wanted, which decides."),
    "virus": gettext_lazy("It holds a virus, or what looks like one."),
    "attachment": gettext_lazy("It holds a file that is not wanted here, which decides."),
    "uncorroborated": gettext_lazy(
        "It would have been refused, but only what was learned speaks against it, and that alone refuses nobody."
    ),
    "incomplete": gettext_lazy(
        "It would have been refused, but something could not be asked, and that is no fault of the sender's."
    ),
    "unfamiliar": gettext_lazy(
        "Nothing like it was seen before, and what is unfamiliar is not taken for unwanted."
    ),
}
SORTS: Mapping[str, Promise] = {
    "spam": gettext_lazy("unwanted"),
    "phishing": gettext_lazy("phishing: it wants to deceive"),
    "bulk": gettext_lazy("bulk mail, such as a newsletter"),
    "virus": gettext_lazy("virus"),
}
SOURCES: Mapping[str, Promise] = {
    "rule": gettext_lazy("rule"),
    "reputation": gettext_lazy("reputation"),
    "authentication": gettext_lazy("authentication"),
    "content": gettext_lazy("content"),
    "bayes": gettext_lazy("learned words"),
    "model": gettext_lazy("learned model"),
    "antivirus": gettext_lazy("antivirus"),
    "list": gettext_lazy("list"),
}
LEVELS: Mapping[str, Promise] = {
    "site": gettext_lazy("the site's line"),
    "organisation": gettext_lazy("the organisation's line"),
    "domain": gettext_lazy("the domain's line"),
    "group": gettext_lazy("the group's line"),
    "user": gettext_lazy("the mailbox's own line"),
}
WHITHER: Mapping[str, Promise] = {
    "inbox": gettext_lazy("the inbox"),
    "tag": gettext_lazy("the inbox, with a note in its header"),
    "junk": gettext_lazy("the folder for junk"),
    "quarantine": gettext_lazy("quarantine"),
    "refuse": gettext_lazy("refusal"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was found: what it means, what exactly it was (a stranger's text), and what it weighs."""

    name: str
    text: str
    detail: str
    weight: float
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message is where it is."""

    action: str
    sentence: str
    reason: str
    sort: str
    score: float
    chance: float
    """In percent."""
    line: str
    """The line that was reached, or that was not, and whose it is; empty where a list decided."""
    against: tuple[Line, ...]
    favour: tuple[Line, ...]
    silent: tuple[Line, ...]
    changes: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """All that was found, what accuses first."""
        return self.against + self.favour + self.silent

    @property
    def top_against(self) -> tuple[Line, ...]:
        """The heaviest of what speaks against it."""
        return self.against[:TOP]

    @property
    def top_favour(self) -> tuple[Line, ...]:
        """The heaviest of what speaks for it."""
        return self.favour[:TOP]


def explain(judgement: Judgement, *, places: Iterable[str] = ("site",)) -> Explanation:
    """Say in words how a message was judged; `places` are those whose rules it was asked by. At most one query."""
    symbols = symbols_read(judgement.symbols)
    texts = _texts(symbols, places)
    lines = [_line(symbol, texts) for symbol in symbols]
    detail: Mapping[str, Any] = judgement.detail
    return Explanation(
        action=judgement.action,
        sentence=_said(ACTIONS, judgement.action),
        reason=_reason(judgement.reason, detail),
        sort=_said(SORTS, judgement.sort),
        score=judgement.score,
        chance=judgement.probability * 100,
        line=_drawn(detail.get("threshold")),
        against=tuple(line for line in lines if line.weight >= SPEAKS),
        favour=tuple(line for line in lines if line.weight <= -SPEAKS),
        silent=tuple(line for line in lines if abs(line.weight) < SPEAKS),
        changes=tuple(_change(change, texts) for change in detail.get("changes", ())),
        missing=tuple((str(name), str(why)) for name, why in judgement.missing),
        versions=tuple(sorted(judgement.versions.items())),
    )


def _texts(symbols: Iterable[Symbol], places: Iterable[str]) -> dict[str, str]:
    """Return what each symbol means, by its name."""
    known = words()
    found = {symbol.name: str(known[symbol.name]) for symbol in symbols if symbol.name in known}
    rules = {symbol.name for symbol in symbols if symbol.source is Source.RULE}
    if rules:
        found |= {name: rule.description for name, rule in describe(rules, places=places).items()}
    return found


def _line(symbol: Symbol, texts: Mapping[str, str]) -> Line:
    return Line(
        symbol.name,
        texts.get(symbol.name) or symbol.name,
        symbol.detail,
        symbol.weight,
        _said(SOURCES, symbol.source.value),
    )


def _said(table: Mapping[str, Promise], word: str) -> str:
    return str(table.get(word, word))


def _reason(word: str, detail: Mapping[str, Any]) -> str:
    text = str(REASONS.get(word, ""))
    entry = detail.get("allowed_by") or detail.get("blocked_by")
    if text and entry and word in {"allowed", "blocked"}:
        return f"{text} ({entry.get('pattern', '')})"
    return text


def _drawn(threshold: Mapping[str, Any] | None) -> str:
    if not threshold or threshold.get("at") is None:
        return ""
    return _("%(line)s is at %(at)s") % {
        "line": _said(LEVELS, str(threshold.get("origin", "site"))),
        "at": f"{threshold['at']:g}",
    }


def _change(change: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    what, whither = str(change.get("what", "")), _said(WHITHER, str(change.get("action", "")))
    match change.get("kind"):
        case "symbol":
            told = {"what": (texts.get(what) or what).rstrip("."), "whither": whither}
            return _("Without this it would have come to %(whither)s: %(what)s.") % told
        case "rule":
            return _("Without the entry %(what)s it would have come to %(whither)s.") % {
                "what": what,
                "whither": whither,
            }
        case _:
            by = abs(float(change.get("by", 0)))
            return _("With a line %(by)s points elsewhere it would have come to %(whither)s.") % {
                "by": f"{by:.1f}",
                "whither": whither,
            }
