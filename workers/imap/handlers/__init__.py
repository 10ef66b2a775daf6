"""One IMAP verb per file."""
