"""Pairs of keys that sign mail (RFC 6376, RFC 8463): made, or read from a file that another server left.

What is secret stays out of every representation; who logs a pair sees its public half.
"""

import base64
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.organisations.errors import DirectoryError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

RSA_BITS = 2048
FEWEST_BITS, MOST_BITS = 1024, 4096
"""What is taken from elsewhere: receivers ignore less (RFC 8301 3.2), and more does not fit an answer."""
MOST_BYTES = 32 * 1024


class Algorithm(enum.StrEnum):
    """How a key signs, by its name in a signature."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"

    @property
    def kind(self) -> str:
        """Its name in a key record (k=)."""
        return "rsa" if self == Algorithm.RSA else "ed25519"


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key (PKCS #8, DER) and the public one as its record has it (p=)."""

    algorithm: Algorithm
    private: bytes = field(repr=False)
    public: str
    bits: int


def make(algorithm: Algorithm) -> Pair:
    """Make a new pair; RSA takes a tenth of a second."""
    # Imported by who makes: it takes 8 MB, and listeners never do.
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if algorithm == Algorithm.RSA:
        return _pair(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))
    return _pair(ed25519.Ed25519PrivateKey.generate())


def read(data: bytes) -> Pair:
    """Read a private key, PEM or DER, without a passphrase; raises DirectoryError, which never tells what it read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    if len(data) > MOST_BYTES:
        raise DirectoryError("this is too long for a private key")
    try:
        load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
        return _pair(load(data, password=None))
    except TypeError:
        raise DirectoryError("this key has a passphrase; take it off first") from None
    except (ValueError, UnsupportedAlgorithm):
        raise DirectoryError("this is no private key, in PEM or DER") from None


def _pair(key: "PrivateKeyTypes") -> Pair:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Pair(Algorithm.ED25519, private, base64.b64encode(raw).decode(), 256)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise DirectoryError("mail is signed by RSA and Ed25519 keys; this is neither")
    if not FEWEST_BITS <= key.key_size <= MOST_BITS:
        raise DirectoryError(
            f"an RSA key has {FEWEST_BITS} to {MOST_BITS} bits here; this one has {key.key_size}"
        )
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Pair(Algorithm.RSA, private, base64.b64encode(spki).decode(), key.key_size)
