"""What people said of such mail before, as evidence: the nearest name that says something has the word. Pure.

A ladder after the one of Mox: an address that its domain vouches for, whether the recipient ever wrote to it, the domain,
who signed, the networks. Names that nobody vouches for say nothing good. All of it is of marks, so that the filter
does not believe itself; and who is new is only new: that is a symbol without a weight, for others to build on.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.spam.symbols import Evidence, Sort, Source, Symbol

from .identities import Identity, Kind, Origin

type Marks = tuple[float, float]
"""How many good and how many bad."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far back a kind of name is remembered: so many of the latest marks, of so many days."""

    most: int
    days: int


YEAR = 365
STEPS: Mapping[Kind, Step] = {
    Kind.ADDRESS: Step(2, 3 * YEAR),
    Kind.CLAIMED: Step(2, 3 * YEAR),
    Kind.DOMAIN: Step(20, 2 * YEAR),
    Kind.REGISTERED: Step(20, 2 * YEAR),
    Kind.SIGNER: Step(50, YEAR // 2),
    Kind.SENDER: Step(50, YEAR // 2),
    Kind.HOST: Step(2, YEAR // 4),
    Kind.NETWORK: Step(5, YEAR // 4),
    Kind.RANGE: Step(10, YEAR // 4),
}

KNOWN, LIKED = 4.0, 2.0
DISLIKED_SENDER, DISLIKED_DOMAIN, DISLIKED_SIGNER = 4.0, 1.5, 1.0
NETWORKS = {Kind.HOST: 1.2, Kind.NETWORK: 0.8, Kind.RANGE: 0.5}
FORGED = 2.0
LIKE_DOMAIN, LIKE_OURS, LIKE_NAME = 2.0, 2.5, 0.7
MOST_OF_OTHERS = 1.0
"""What others say is a prior: it never weighs more."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody the recipient knows, whom the author looks like."""

    what: str
    """`name`, `domain`, or `ours`: a domain of the recipient's own."""
    known: str


@dataclass(slots=True)
class Past:
    """What is remembered about one message's sender by one recipient, and what their organisation says."""

    said: dict[Kind, Marks] = field(default_factory=dict)
    others: dict[Kind, Marks] = field(default_factory=dict)
    written_to: int = 0
    alike: list[Alike] = field(default_factory=list)

    def add(self, kind: Kind, good: float, bad: float) -> None:
        """Add what was said of a name; of several of one kind (signers) all count."""
        before = self.said.get(kind, (0.0, 0.0))
        self.said[kind] = before[0] + good, before[1] + bad

    @property
    def is_new(self) -> bool:
        """Whether the recipient neither wrote to the author nor said anything of their mail."""
        return not self.written_to and not any(self.said.get(kind) for kind in (Kind.ADDRESS, Kind.CLAIMED))


def asked_about(origin: Origin) -> tuple[Identity, ...]:
    """Return the names to ask about: all there are, and for an author nobody vouches for, whether anybody ever did."""
    names = origin.identities()
    if origin.author and not origin.is_proven:
        names += (Identity(Kind.ADDRESS, origin.author),)
    return names


def climb(origin: Origin, past: Past) -> Evidence:
    """Return what follows for one recipient."""
    found = list(_forged(origin, past) or _first(_steps(origin, past)))
    found += _others(past)
    if origin.author and past.is_new:
        found.append(_symbol("FIRST_TIME_SENDER", 0.0, origin.author))
        found += _alike(origin, past)
    return Evidence(tuple(found))


def _first(steps: Iterable[Symbol | None]) -> list[Symbol]:
    return next(([step] for step in steps if step is not None), [])


def _forged(origin: Origin, past: Past) -> list[Symbol]:
    """Return whether somebody pretends to be whom the recipient knows by mail that was vouched for."""
    good, _ = past.said.get(Kind.ADDRESS, (0.0, 0.0))
    if origin.author and not origin.is_proven and good:
        return [Symbol("SENDER_FORGED", FORGED, Source.REPUTATION, origin.author[:200], Sort.PHISHING)]
    return []


def _steps(origin: Origin, past: Past) -> Iterable[Symbol | None]:
    """Yield what each step says, the nearest first; None where it says nothing."""
    if origin.is_proven:
        good, bad = past.said.get(Kind.ADDRESS, (0.0, 0.0))
        if good and not bad:
            yield _symbol("SENDER_LIKED", -KNOWN, origin.author)
        elif bad and not good and not past.written_to:
            yield _symbol("SENDER_DISLIKED", DISLIKED_SENDER, origin.author)
        if past.written_to:
            yield _symbol("SENDER_WRITTEN_TO", -KNOWN, origin.author)
    else:
        good, bad = past.said.get(Kind.CLAIMED, (0.0, 0.0))
        if bad and not good:
            yield _symbol("SENDER_DISLIKED", DISLIKED_SENDER / 2, origin.author)
        elif (good and not bad) or past.written_to:
            # Anybody may claim to be them.
            yield _symbol("SENDER_CLAIMED", -1.0, origin.author)
    for kind, name in ((Kind.DOMAIN, origin.domain), (Kind.REGISTERED, origin.registered)):
        good, bad = past.said.get(kind, (0.0, 0.0))
        if good and good / (good + bad) > 0.8:
            yield _symbol("DOMAIN_LIKED", -LIKED if good > 1 else -LIKED / 2, name)
        elif bad >= 3 and not good:
            yield _symbol("DOMAIN_DISLIKED", DISLIKED_DOMAIN, name)
    for kind, name in ((Kind.SIGNER, " ".join(origin.signers)), (Kind.SENDER, origin.sender)):
        yield _share("SIGNER", past.said.get(kind), 3, DISLIKED_SIGNER, name)
    for kind, weight in NETWORKS.items():
        yield _share("NETWORK", past.said.get(kind), STEPS[kind].most, weight, origin.address)


def _share(name: str, said: Marks | None, least: int, weight: float, detail: str) -> Symbol | None:
    """Say something where nearly all of enough marks agree."""
    good, bad = said or (0.0, 0.0)
    if good + bad < least:
        return None
    share = bad / (good + bad)
    if share <= 0.1:
        return _symbol(f"{name}_LIKED", -weight, detail)
    return _symbol(f"{name}_DISLIKED", weight, detail) if share >= 0.9 else None


def _others(past: Past) -> list[Symbol]:
    """Return what the recipient's organisation says of the sender, of which the clearest word counts."""
    said = [
        math.tanh(1.5 * (bad - good) / (bad + good + 2.0)) * MOST_OF_OTHERS
        for kind, (good, bad) in past.others.items()
        if kind is not Kind.CLAIMED or bad > good
    ]
    clearest = max(said, key=abs, default=0.0)
    if abs(clearest) < 0.05:
        return []
    return [_symbol("OTHERS_DISLIKE" if clearest > 0 else "OTHERS_LIKE", round(clearest, 3))]


def _alike(origin: Origin, past: Past) -> list[Symbol]:
    """Return whom a stranger looks like; not where the stranger's own domain is one the recipient likes."""
    for kind in (Kind.DOMAIN, Kind.REGISTERED):
        good, bad = past.said.get(kind, (0.0, 0.0))
        if good > bad:
            return []
    weights = {"ours": LIKE_OURS, "domain": LIKE_DOMAIN, "name": LIKE_NAME}
    best = max(past.alike, key=lambda one: weights[one.what], default=None)
    if best is None:
        return []
    name = "LOOKS_LIKE_NAME" if best.what == "name" else "LOOKS_LIKE_DOMAIN"
    detail = f"{origin.display_name} {origin.author}, {best.known}".strip()[:200]
    return [Symbol(name, weights[best.what], Source.REPUTATION, detail, Sort.PHISHING)]


def _symbol(name: str, weight: float, detail: str = "") -> Symbol:
    return Symbol(name, weight, Source.REPUTATION, detail[:200])
