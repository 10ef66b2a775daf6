"""Private keys that sign: as they are kept, and loaded once to sign with (RFC 6376 3.3, RFC 8463)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA = "rsa-sha256"
ED25519 = "ed25519-sha256"
FEWEST_BITS = 1024
"""Receivers ignore signatures by shorter RSA keys (RFC 8301 3.2)."""


class SigningKeyError(ValueError):
    """A key that cannot sign; its message is for our log and tells nothing of the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A domain's private key (PKCS #8, DER) and where its public half is found."""

    domain: str
    selector: str
    algorithm: str
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """A loaded key: signs bytes in the name of a domain."""

    domain: str
    selector: str
    algorithm: str
    bits: int
    sign: Callable[[bytes], bytes] = field(repr=False)
    """Returns the signature of what is hashed, which is given whole: canonical headers, without the hash."""


def load(key: SigningKey) -> Signer:
    """Load a key to sign with; raises SigningKeyError.

    That its numbers are primes was checked when it was made or imported; it takes longer than a hundred signatures.
    """
    # Imported by who signs: it takes 8 MB, and most processes never do.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        private = load_der_private_key(key.private, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningKeyError("this is no private key in PKCS #8") from None
    if key.algorithm == ED25519 and isinstance(private, ed25519.Ed25519PrivateKey):
        return Signer(key.domain, key.selector, key.algorithm, 256, _ed25519(private))
    if key.algorithm == RSA and isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < FEWEST_BITS:
            raise SigningKeyError(f"an RSA key of {private.key_size} bits is too short to be believed")
        return Signer(key.domain, key.selector, key.algorithm, private.key_size, _rsa(private))
    raise SigningKeyError(f"the private key is not one for {key.algorithm}")


def _rsa(private: "RSAPrivateKey") -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    padding, digest = PKCS1v15(), SHA256()
    return lambda data: private.sign(data, padding, digest)


def _ed25519(private: "Ed25519PrivateKey") -> Callable[[bytes], bytes]:
    # What is signed is the hash, not the message (RFC 8463 3).
    return lambda data: private.sign(hashlib.sha256(data).digest())
