"""Certificates from an authority that issues them by itself (ACME, RFC 8555), asked for before the old ones end."""
