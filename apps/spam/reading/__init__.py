"""A message taken apart once, for everybody who looks for evidence in it. Pure."""

from .reader import read
from .values import HtmlFacts, Limits, Link, Part, Party, Reading

__all__ = ["HtmlFacts", "Limits", "Link", "Part", "Party", "Reading", "read"]
