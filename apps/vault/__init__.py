"""Secrets at rest: seal, open, rotate."""
