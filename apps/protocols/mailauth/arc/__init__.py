"""The chain of those who passed a message on (RFC 8617): judged, and continued by a seal of our own."""
