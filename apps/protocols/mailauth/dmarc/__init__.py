"""DMARC: whether a message may carry its author's domain, and what its owner asks for otherwise (RFC 7489, DMARCbis)."""

from .checking import Check, DmarcResult, check_dmarc
from .destinations import Destination, check_destination
from .organizational import By, organizational_domain
from .record import Policy, Record, ReportUri, read_record

__all__ = [
    "By",
    "Check",
    "Destination",
    "DmarcResult",
    "Policy",
    "Record",
    "ReportUri",
    "check_destination",
    "check_dmarc",
    "organizational_domain",
    "read_record",
]
