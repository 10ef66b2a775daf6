"""Authentication-Results: what a server says of a message's senders, written and read (RFC 8601)."""

from .reading import Method, Property, Results, collect, read, without_ours
from .writing import Findings

__all__ = ["Findings", "Method", "Property", "Results", "collect", "read", "without_ours"]
