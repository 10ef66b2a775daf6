"""Addresses: where they lead and how much they hold."""
