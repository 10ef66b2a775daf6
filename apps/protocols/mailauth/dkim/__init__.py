"""Signatures of domains under a message (RFC 6376, 8301, 8463): made and judged, without a clock or DNS of its own."""
