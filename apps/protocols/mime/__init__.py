"""MIME: reading and writing messages."""
