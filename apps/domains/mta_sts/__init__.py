"""Policies that other domains publish about mail to them: fetched, kept for all processes, refreshed (RFC 8461)."""
