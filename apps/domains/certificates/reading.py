"""What a certificate and its key say, or what is wrong with them, in one line that names it."""

import datetime as dt
from dataclasses import dataclass

from apps.organisations.errors import DirectoryError

MAX_BYTES = 256 * 1024
MAX_NAMES = 200


class CertificateError(DirectoryError):
    """A certificate or key that cannot be used; the text is one line."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a chain says of its first certificate, and the pair as it is kept: PEM, the key as PKCS #8."""

    names: tuple[str, ...]
    issuer: str
    not_before: dt.datetime
    not_after: dt.datetime
    fingerprint: str
    chain: bytes
    private: bytes


def read_pair(chain: bytes, key: bytes) -> Read:
    """Read a chain and its key, both PEM, of the same file or not; dates are for the caller to judge."""
    # Imported by who reads certificates: it takes 8 MB of a listener, which only shows them.
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization

    if max(len(chain), len(key)) > MAX_BYTES:
        raise CertificateError("the file is larger than 256 KB")
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise CertificateError("the certificate cannot be read: no PEM certificate in it") from None
    leaf = certificates[0]
    try:
        private = serialization.load_pem_private_key(key, None)
    except TypeError:
        raise CertificateError("the key is locked with a password; give it without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("the key cannot be read: no PEM private key in it") from None
    encoding, public = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if leaf.public_key().public_bytes(encoding, public) != private.public_key().public_bytes(
        encoding, public
    ):
        raise CertificateError("the key is not the certificate's")
    return Read(
        _names(leaf),
        leaf.issuer.rfc4514_string()[:200],
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        leaf.fingerprint(hashes.SHA256()).hex(),
        b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates),
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _names(leaf: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(leaf, x509.Certificate)
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [name.lower().rstrip(".") for name in extension.get_values_for_type(x509.DNSName)]
    except (x509.ExtensionNotFound, ValueError):
        names = []
    if not names:
        raise CertificateError("the certificate names no host (subjectAltName)")
    if len(names) > MAX_NAMES:
        raise CertificateError(f"the certificate names more than {MAX_NAMES} hosts")
    return tuple(dict.fromkeys(names))
