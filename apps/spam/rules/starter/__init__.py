"""The rules that come with the release: written for it, one file for each family of scams, weighed on public mail.

Each has a sample it must match and one it must not; tests run them all. `bench/spam/rules.py` prints how often each
matches. Who changes a rule here counts VERSION up, and the platform takes it over.
"""

from functools import lru_cache
from pathlib import Path

from apps.spam.rules.documents import Document, from_toml
from apps.spam.rules.engine import RuleSet, compile_rules

VERSION = 2026112403
"""The day, and which of that day: a feed that is newer replaces these rules."""
HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def document() -> Document:
    """Return the rules of the release."""
    files = sorted(HERE.glob("*.toml"))
    return Document(VERSION, tuple(one for path in files for one in from_toml(path.read_text("utf-8"))))


@lru_cache(maxsize=1)
def rule_set() -> RuleSet:
    """Return them compiled, for whoever judges without a database."""
    return compile_rules(one.rule for one in document().rules)
