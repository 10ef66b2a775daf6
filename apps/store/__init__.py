"""Folders and messages."""
