"""The webmail in a real browser."""
