"""Fuzz target: an expression of a rule is compiled or refused, and its literals are in whatever it matches."""

import contextlib

from apps.spam.rules import meta
from apps.spam.rules.definitions import RuleError
from apps.spam.rules.documents import from_json
from apps.spam.rules.literals import clauses_of
from apps.spam.rules.networks import read_networks
from apps.spam.rules.patterns import compile_pattern
from apps.spam.rules.texts import plain


def test_one_input(data: bytes) -> None:
    """Read an expression, up to the first line's end, in each way there is, and hold it against the rest."""
    expression, _, text = data.decode("utf-8", "replace").replace("\0", "").partition("\n")
    for read in (meta.parse, read_networks, from_json):
        with contextlib.suppress(RuleError):
            read(expression)
    with contextlib.suppress(RuleError):
        text = plain(text)
        clauses, lowered = clauses_of(expression), text.lower().encode()
        if compile_pattern(expression[:200]).find(text.encode()) is not None and len(expression) <= 200:
            assert all(any(literal in lowered for literal in clause) for clause in clauses)
