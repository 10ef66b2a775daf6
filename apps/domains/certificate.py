"""The certificate this server shows, as DNS may pin it (DANE, RFC 6698)."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings


def pinned() -> str:
    """Return the SHA-256 of the public key of our certificate, in hexadecimal; empty where it cannot be read."""
    path = Path(settings.MAIL_TLS_CERTIFICATE or settings.MAIL_STATE_DIR / "tls" / "server.pem")
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return ""


@lru_cache(4)
def _digest(path: Path, _changed: int) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    leaf = x509.load_pem_x509_certificates(path.read_bytes())[0]
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()
