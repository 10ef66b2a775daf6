"""The certificate this server shows by its own name, as DNS may pin it (DANE, RFC 6698)."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from .certificates.names import are_covered
from .models import Certificate


def pinned() -> str:
    """Return the SHA-256 of the public key of our certificate, in hexadecimal; empty where it cannot be read."""
    kept = Certificate.objects.exclude(chain="").filter(not_after__gt=Now()).order_by("-not_after")
    for names, chain in kept.values_list("names", "chain"):
        if are_covered([settings.MAIL_HOSTNAME], names):
            return _digest(chain.encode())
    path = Path(settings.MAIL_TLS_CERTIFICATE or settings.MAIL_STATE_DIR / "tls" / "server.pem")
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


@lru_cache(4)
def _digest(chain: bytes) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except ValueError:
        return ""
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()
