"""Hints between processes, and the record of what happened."""
