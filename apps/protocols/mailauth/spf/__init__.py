"""SPF: whether a host may send in the name of a domain (RFC 7208)."""

from .check import check_spf
from .results import Spf, SpfResult

__all__ = ["Spf", "SpfResult", "check_spf"]
