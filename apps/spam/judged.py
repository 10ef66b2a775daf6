"""A judgement of one message for one mailbox, as it is written down."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .decision import Decision
from .symbols import Evidence, Sort, Source, Symbol

LONGEST = 200
MOST_SYMBOLS = 200


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept; `decision` and `evidence` are what JSON makes of them (see `told`)."""

    mailbox_id: int
    organisation_id: int
    trace_id: uuid.UUID
    sender: str
    subject: str
    decision: dict[str, Any]
    symbols: list[Any]
    missing: list[Any] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    vector: bytes | None = None
    milliseconds: float = 0.0
    content_id: int | None = None
    parcel_id: int | None = None
    is_outbound: bool = False
    state: str = ""


def told(decided: Decision) -> dict[str, Any]:
    """Return a decision as JSON keeps it; what says nothing is left out."""
    found: dict[str, Any] = {
        "action": decided.action.value,
        "score": round(decided.score, 3),
        "probability": round(decided.probability, 6),
        "sort": decided.sort.value if decided.sort else "",
        "reason": decided.reason.value,
        "abstained": decided.abstained,
        "changes": [
            {"kind": one.kind, "what": one.what, "by": round(one.by, 3), "action": one.action.value}
            for one in decided.changes
        ],
    }
    if decided.threshold is not None:
        found["threshold"] = {"at": decided.threshold.at, "origin": decided.threshold.origin.value}
    for name, entry in (("allowed_by", decided.allowed_by), ("blocked_by", decided.blocked_by)):
        if entry is not None:
            found[name] = {key: value for key, value in asdict(entry).items() if value not in {None, ""}}
    return {name: value for name, value in found.items() if value not in ("", False, [])}


def symbols_told(evidence: Evidence) -> list[list[Any]]:
    """Return symbols as JSON keeps them, the heaviest first."""
    ordered = sorted(evidence.symbols, key=lambda symbol: -abs(symbol.weight))
    return [
        [one.name, round(one.weight, 3), one.source.value, kept(one.detail), one.sort.value]
        for one in ordered[:MOST_SYMBOLS]
    ]


def symbols_read(kept: Iterable[Sequence[Any]]) -> tuple[Symbol, ...]:
    """Read symbols as JSON keeps them."""
    return tuple(
        Symbol(name, weight, Source(source), detail, Sort(sort))
        for name, weight, source, detail, sort in kept
    )


def kept(text: str) -> str:
    """Return a stranger's text as it is kept: short, and such that PostgreSQL takes it."""
    return stripped(text[:LONGEST])


def stripped(text: str) -> str:
    """Return text without what PostgreSQL takes in none."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
