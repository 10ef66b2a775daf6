"""What was found about a message: symbols with weights, which sum to log-odds.

Every source of evidence speaks this one language: rules, reputation, content, Bayes, the linear model, antivirus. A
weight is in nats of log-odds: 0 says nothing, +1 makes unwanted 2.7 times as likely, -1 as unlikely. The sum is the
score: 4 stands for 98 of 100, 6 for 99.75, 9 for 99.99. Pure.
"""

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

UNFAMILIAR = "UNFAMILIAR"
"""The symbol (of BAYES or MODEL, weight 0) by which the learned part says that it knows too little to judge."""


class Source(enum.StrEnum):
    """Who found a symbol."""

    RULE = "rule"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"
    CONTENT = "content"
    BAYES = "bayes"
    MODEL = "model"
    ANTIVIRUS = "antivirus"
    LIST = "list"


class Sort(enum.StrEnum):
    """What sort of unwanted a symbol speaks for: phishing and bulk mail are verdicts apart from spam."""

    SPAM = "spam"
    PHISHING = "phishing"
    BULK = "bulk"
    VIRUS = "virus"


@dataclass(frozen=True, slots=True)
class Symbol:
    """One thing that was found, what it weighs, and what exactly it was.

    `name` is stable and in capitals (HTML_HIDDEN_TEXT); `detail` is at most 200 characters of what was found, for
    people to read: text of strangers, to be escaped wherever it is shown.
    """

    name: str
    weight: float
    source: Source
    detail: str = ""
    sort: Sort = Sort.SPAM


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was found about a message, and what could not be asked (`missing`: a name of the source, and why)."""

    symbols: tuple[Symbol, ...] = ()
    missing: tuple[tuple[str, str], ...] = field(default=())

    @property
    def score(self) -> float:
        """The sum of all weights: log-odds in nats."""
        return sum(symbol.weight for symbol in self.symbols)

    def of(self, sort: Sort) -> float:
        """The sum of the weights that speak for one sort."""
        return sum(symbol.weight for symbol in self.symbols if symbol.sort is sort)

    def __add__(self, other: "Evidence") -> "Evidence":
        """Put together what two sources found."""
        return Evidence(self.symbols + other.symbols, self.missing + other.missing)


def probability(score: float) -> float:
    """Return what a score says as a probability, from 0 to 1."""
    if score >= 0:
        return 1 / (1 + math.exp(-min(score, 700.0)))
    odds = math.exp(max(score, -700.0))
    return odds / (1 + odds)


def log_odds(chance: float) -> float:
    """Return a probability as a score; certainty is not to be had, so 0 and 1 become ±13.8."""
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(chance / (1 - chance))


def together(found: Iterable[Evidence]) -> Evidence:
    """Put together what several sources found."""
    symbols: list[Symbol] = []
    missing: list[tuple[str, str]] = []
    for one in found:
        symbols += one.symbols
        missing += one.missing
    return Evidence(tuple(symbols), tuple(missing))
