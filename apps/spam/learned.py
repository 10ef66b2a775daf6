"""What the learners say, as evidence: symbols with weights like everybody's, and a word where they abstain."""

from collections.abc import Sequence

from .learning.fusion import trust
from .learning.learner import Said
from .symbols import UNFAMILIAR, Evidence, Source, Symbol

MODEL = "LEARNED_MODEL"
BAYES = "LEARNED_WORDS"
ABSTAINS = 0.5
"""Below this trust an accusation is said to be abstained from."""


def evidence(said: Said, telling: Sequence[str] = ()) -> Evidence:
    """Return what was said as symbols; `telling` are the words that told most, for people."""
    found = [Symbol(MODEL, said.score, Source.MODEL, ", ".join(telling)[:200])]
    if said.is_accusing and trust(said.familiar) < ABSTAINS:
        found.append(Symbol(UNFAMILIAR, 0.0, Source.MODEL, f"{said.familiar:.0%}"))
    return Evidence(tuple(found))
