"""The mail in a browser."""
