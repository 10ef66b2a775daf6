"""What the filter keeps: each sort of row in a module of its own, written only by services."""

from .judgements import Judgement
from .wishes import FilterGroup, FilterGroupMember, FilterSettings, SenderEntry

__all__ = ["FilterGroup", "FilterGroupMember", "FilterSettings", "Judgement", "SenderEntry"]
