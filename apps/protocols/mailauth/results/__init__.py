"""Authentication-Results: what a server says of a message's senders, written and read (RFC 8601)."""

from .reading import Method, Property, Results, collect, read, without_ours
from .writing import say, write

__all__ = ["Method", "Property", "Results", "collect", "read", "say", "without_ours", "write"]
