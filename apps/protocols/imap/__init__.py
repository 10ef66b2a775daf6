"""IMAP4rev1 and its extensions, without input or output."""
