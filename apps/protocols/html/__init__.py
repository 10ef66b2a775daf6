"""Hostile HTML made safe to show. Only the web process may import what is in here: the libraries are heavy."""
