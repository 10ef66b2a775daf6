"""What the filter keeps: each sort of row in a module of its own, written only by services."""

from .attachments import AttachmentPolicy
from .judgements import Judgement
from .learning import Cursor, ModelVersion, Own, Token, Total, Trained
from .reputation import Known, Said, Standing
from .rules import RuleClock, RuleFeed, RulePlace, SpamRule
from .scanner import Scanner
from .wishes import FilterGroup, FilterGroupMember, FilterSettings, SenderEntry

__all__ = [
    "AttachmentPolicy",
    "Cursor",
    "FilterGroup",
    "FilterGroupMember",
    "FilterSettings",
    "Judgement",
    "Known",
    "ModelVersion",
    "Own",
    "RuleClock",
    "RuleFeed",
    "RulePlace",
    "Said",
    "Scanner",
    "SenderEntry",
    "SpamRule",
    "Standing",
    "Token",
    "Total",
    "Trained",
]
