"""The IMAP listener."""
