"""Statements of who shows certificates."""

# Changes whenever a certificate is kept, replaced or removed.
CERTIFICATES_STAMP = """
SELECT coalesce(string_agg(id || ':' || fingerprint, ',' ORDER BY id), '') FROM domains_certificate
 WHERE chain <> ''
"""

# All that can be shown.
CERTIFICATES_SHOWN = """
SELECT id, names, chain, private, not_before, not_after FROM domains_certificate WHERE chain <> '' ORDER BY id
"""
