"""A judgement of one message for one mailbox, as it is written down."""

import base64
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .decision import Decision
from .symbols import Evidence, Sort, Source, Symbol

if TYPE_CHECKING:  # Doors read verdicts, and must not load what it takes to make one.
    from .judging import Report

LONGEST = 200
MOST_SYMBOLS = 200
MOST_MISSING = 20
SHOWN_SYMBOLS = 20
SHARED = frozenset({"symbols", "missing", "versions", "ms", "vector"})
"""What all recipients share, unless their own says otherwise."""


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
    if decided.otherwise is not None:
        found["otherwise"] = decided.otherwise.value
    if decided.threshold is not None:
        found["threshold"] = {"at": decided.threshold.at, "origin": decided.threshold.origin.value}
    for name, entry in (("allowed_by", decided.allowed_by), ("blocked_by", decided.blocked_by)):
        if entry is not None:
            found[name] = {key: value for key, value in asdict(entry).items() if value not in {None, ""}}
    return {name: value for name, value in found.items() if value or isinstance(value, float)}


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


def verdict_of(report: "Report") -> dict[str, Any]:
    """Return a report as it travels with a message: what was found, and what was decided for each mailbox."""
    symbols = symbols_told(report.evidence)
    to: dict[str, Any] = {}
    for one in report.judged:
        own: dict[str, Any] = told(one.decision)
        if one.evidence.symbols != report.evidence.symbols:
            own["symbols"] = symbols_told(one.evidence)
        if one.evidence.missing != report.evidence.missing:
            own["missing"] = missing_told(one.evidence)
        if one.vector not in {None, report.vector}:
            own["vector"] = _text(one.vector)
        to[str(one.mailbox_id)] = own
    found: dict[str, Any] = {
        **told(report.decision),
        "symbols": symbols,
        "missing": missing_told(report.evidence),
        "versions": report.versions,
        "ms": round(report.milliseconds, 2),
        "vector": _text(report.vector),
        "to": to,
    }
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def missing_told(evidence: Evidence) -> list[list[str]]:
    """Return who could not be asked, and why, as JSON keeps it."""
    return [[name, kept(why)] for name, why in evidence.missing[:MOST_MISSING]]


def of_mailbox(verdict: Mapping[str, Any], mailbox_id: int | None) -> dict[str, Any]:
    """Return what was decided for a mailbox; for one that was not asked about, what holds without lines of its own."""
    own: dict[str, Any] = verdict.get("to", {}).get(str(mailbox_id), {})
    general = {name: value for name, value in verdict.items() if name != "to"}
    return general if not own else {**{name: general[name] for name in SHARED & general.keys()}, **own}


def in_short(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the story of a message tells of how it was judged, to whoever may read it: nobody's own."""
    symbols = [[name, weight] for name, weight, *_ in verdict.get("symbols", ())][:SHOWN_SYMBOLS]
    found = {name: verdict[name] for name in ("score", "action", "sort", "missing", "ms") if name in verdict}
    return {**found, "symbols": symbols}


def vector_of(decided: Mapping[str, Any]) -> bytes | None:
    """Return the numbers behind what was decided for a mailbox, if they were kept."""
    text = decided.get("vector")
    return base64.b85decode(text) if isinstance(text, str) else None


def _text(vector: bytes | None) -> str | None:
    return base64.b85encode(vector).decode() if vector is not None else None
