"""What a rule is, before anybody compiles or keeps it. Pure."""

import enum
import re
from dataclasses import dataclass, field
from typing import Protocol

from apps.spam.symbols import Sort

USER_PREFIX = "MY_"
"""How the names of users' own rules begin: they move their owner's mail, and never refuse anything."""
MOST_SCORE = 50.0
MOST_USER_SCORE = 10.0
MOST_EXPRESSION = 2000
MOST_SAMPLES = 20
MOST_SAMPLE = 20_000
NAME = re.compile(r"[A-Z][A-Z0-9_]{1,63}\Z")
FIELD = re.compile(r"[a-z0-9][a-z0-9!#$%&'*+.^_`|~-]{0,63}\Z")
"""A header's name, in lower case (RFC 5322 2.2 allows more, and nobody uses it)."""


class RuleError(ValueError):
    """A rule that cannot be used; its text says why, in one line for whoever wrote it."""


class Target(enum.StrEnum):
    """What an expression is held against."""

    HEADER = "header"
    HEADERS = "headers"
    SUBJECT = "subject"
    BODY = "body"
    RAW = "raw"
    URL = "url"
    ATTACHMENT = "attachment"
    ATTACHMENT_TYPE = "attachment_type"
    SENDER = "sender"
    HELO = "helo"
    CLIENT = "client"
    META = "meta"


@dataclass(frozen=True, slots=True)
class Samples:
    """Texts a rule must match, and texts it must not."""

    match: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: an expression held against its target; a weight of 0 is a brick for expressions over others.

    `expression` is a regular expression in the syntax of RE2, read without case; networks, separated by commas, where
    the target is CLIENT; an expression over names where it is META. `header` is its name, where that is the target.
    """

    name: str
    target: Target
    expression: str
    score: float = 0.0
    header: str = ""
    sort: Sort = Sort.SPAM
    description: str = ""
    samples: Samples = field(default_factory=Samples)


class Envelope(Protocol):
    """What is known of how a message came; empty where it is not."""

    @property
    def sender(self) -> str:
        """MAIL FROM, without angle brackets."""

    @property
    def helo(self) -> str:
        """What the client called itself."""

    @property
    def address(self) -> str:
        """The client's address."""


@dataclass(frozen=True, slots=True)
class Came:
    """An envelope, as samples have it."""

    sender: str = ""
    helo: str = ""
    address: str = ""


def check_form(rule: Rule) -> None:
    """Refuse a rule whose parts have no sensible form; raises RuleError."""
    if not NAME.match(rule.name):
        raise RuleError("a name has 2 to 64 capitals, digits and underscores, and begins with a capital")
    if not -MOST_SCORE <= rule.score <= MOST_SCORE:
        raise RuleError(f"a score lies between -{MOST_SCORE:g} and {MOST_SCORE:g}")
    if rule.sort is Sort.VIRUS:
        # It would refuse mail whatever its weight.
        raise RuleError("a rule speaks for spam, phishing or bulk mail; what is malware, an antivirus says")
    if not rule.expression.strip():
        raise RuleError("the expression is empty")
    if len(rule.expression) > MOST_EXPRESSION:
        raise RuleError(f"an expression has at most {MOST_EXPRESSION} characters")
    if rule.target is Target.HEADER:
        if not FIELD.match(rule.header):
            raise RuleError("the name of a header is wanted, in lower case, like reply-to")
    elif rule.header:
        raise RuleError("only a rule about a header names one")
    texts = rule.samples.match + rule.samples.miss
    if len(texts) > MOST_SAMPLES or any(len(text) > MOST_SAMPLE for text in texts):
        raise RuleError(f"a rule has at most {MOST_SAMPLES} samples of {MOST_SAMPLE} characters each")
