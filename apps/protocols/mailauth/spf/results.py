"""What an SPF check comes to, and how it breaks off."""

import enum
from dataclasses import dataclass
from typing import Literal

type Scope = Literal["mfrom", "helo"]


class Spf(enum.Enum):
    """The results of RFC 7208 2.6; their values are the words that headers use."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What a check came to. The explanation is the sender's own, on a fail: plain ASCII, and not to be believed."""

    result: Spf
    domain: str  # Whose policy was asked for, as A-labels; empty where there was no usable name.
    scope: Scope
    mechanism: str = ""  # The term that decided, as the policy has it.
    reason: str = ""  # For our log.
    explanation: str = ""


class SpfSyntaxError(ValueError):
    """A policy cannot be read (RFC 7208 4.6); the text says which term."""


class PermError(Exception):
    """The policy is at fault."""


class TempError(Exception):
    """DNS gave no usable answer, or not in time."""
