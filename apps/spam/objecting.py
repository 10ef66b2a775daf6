"""What becomes of a decision where somebody does not want a file of the message. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from .content.policy import Objection
from .decision import Decision, Reason
from .symbols import Evidence, Source, Symbol
from .thresholds import Action

NOT_WANTED = "FILE_NOT_WANTED"
MOST = 10


def objected(decided: Decision, found: Sequence[Objection]) -> Decision:
    """Return a decision as objections to files make it: never milder, and an entry that allows the sender still wins."""
    if not found or decided.allowed_by is not None:
        return decided
    hardest = found[0].action
    if hardest.hardness <= decided.action.hardness:
        return decided
    return replace(
        decided,
        action=hardest,
        reason=Reason.ATTACHMENT,
        threshold=None,
        abstained=False,
        otherwise=Action.QUARANTINE if hardest is Action.REFUSE else None,
        changes=(),
    )


def of_objections(found: Sequence[Objection]) -> Evidence:
    """Return objections as symbols that weigh nothing: they decide by themselves, and are to be seen."""
    return Evidence(
        tuple(
            Symbol(NOT_WANTED, 0.0, Source.LIST, f"{one.what.value}: {one.path}"[:200])
            for one in found[:MOST]
        )
    )
