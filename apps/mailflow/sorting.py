"""What becomes of a message for one recipient by how it was judged: where it goes, and what is written on top and down."""

import enum
from collections.abc import Mapping
from typing import Any

from apps.protocols.mime.scan import Scanned
from apps.queue.couriers import Parcel
from apps.queue.models import Origin
from apps.spam.judged import Record, of_mailbox, vector_of
from apps.spam.thresholds import Action

MARKED = frozenset({Action.TAG, Action.JUNK, Action.QUARANTINE, Action.REFUSE})
SHOWN_SYMBOLS = 30


class Into(enum.StrEnum):
    """Where a message goes."""

    INBOX = ""
    JUNK = "junk"
    HELD = "held"


def decided_for(parcel: Parcel, verdicts: Mapping[int, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return what was decided for a parcel, at the door or just now; None where nobody judged."""
    verdict = parcel.verdict if parcel.verdict is not None else verdicts.get(parcel.message_id)
    return of_mailbox(verdict, parcel.recipient.mailbox_id) if verdict else None


def into(parcel: Parcel, decided: Mapping[str, Any] | None) -> Into:
    """Say where a parcel goes: whoever should have been refused and no longer can be is junk or held."""
    action = action_of(decided)
    if action is Action.REFUSE:
        action = Action(str((decided or {}).get("otherwise", Action.JUNK)))
    if action is Action.QUARANTINE:
        return Into.HELD
    # Its author's domain asks for it (see `disposal`), whatever else was found.
    is_asked_for = bool((parcel.evidence or {}).get("junk"))
    return Into.JUNK if action is Action.JUNK or is_asked_for else Into.INBOX


def action_of(decided: Mapping[str, Any] | None) -> Action:
    """Return what was decided; INBOX where nobody judged."""
    word = (decided or {}).get("action")
    return Action(word) if word in set(Action) else Action.INBOX


def fields(decided: Mapping[str, Any] | None) -> bytes:
    """Return the fields for programs that sort by them; what goes to the inbox without a mark has none."""
    action = action_of(decided)
    if decided is None or action not in MARKED:
        return b""
    names = [str(name) for name, weight, *_ in decided.get("symbols", ()) if weight][:SHOWN_SYMBOLS]
    score = f"Yes, score={decided.get('score', 0):.1f} action={action}"
    # One name a line is not pretty, and cannot grow too long.
    tests = ",\r\n\t".join(names) or "none"
    return f"X-Spam-Flag: YES\r\nX-Spam-Status: {score}\r\n\ttests={tests}\r\n".encode("ascii", "replace")


def record(
    parcel: Parcel,
    scanned: Scanned,
    decided: Mapping[str, Any],
    *,
    where: Into,
    content_id: int | None = None,
) -> Record:
    """Return what is kept of how a parcel was judged."""
    shared = {"symbols", "missing", "versions", "ms", "vector"}
    return Record(
        mailbox_id=parcel.recipient.mailbox_id or 0,
        organisation_id=parcel.organisation_id,
        trace_id=parcel.trace_id,
        sender=scanned.from_addr or parcel.envelope.sender,
        subject=scanned.subject,
        decision={name: value for name, value in decided.items() if name not in shared},
        symbols=list(decided.get("symbols", ())),
        missing=list(decided.get("missing", ())),
        versions=dict(decided.get("versions", {})),
        vector=vector_of(decided),
        milliseconds=float(decided.get("ms", 0)),
        content_id=content_id,
        parcel_id=parcel.id if where is Into.HELD else None,
        is_outbound=parcel.origin == Origin.SUBMISSION,
        state=where.value,
    )


def shown(decided: Mapping[str, Any] | None, *, is_new: bool) -> dict[str, Any]:
    """Return what the trace tells of it; the symbols only where the first event could not."""
    if decided is None:
        return {}
    told = {"action": decided.get("action"), "score": decided.get("score")}
    if is_new:
        told["symbols"] = [[name, weight] for name, weight, *_ in decided.get("symbols", ())][:SHOWN_SYMBOLS]
    for name in ("sort", "missing"):
        if decided.get(name):
            told[name] = decided[name]
    return told
