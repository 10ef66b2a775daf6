"""Keys for tests: made once a run, with the record that publishes their public half."""

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from apps.protocols.mailauth.dkim.keys import ED25519, RSA, SigningKey


@cache
def rsa_key(domain: str = "example.test", selector: str = "r1", bits: int = 2048) -> SigningKey:
    """Return an RSA key."""
    return _kept(rsa.generate_private_key(65537, bits), domain, selector, RSA)


@cache
def ed25519_key(domain: str = "example.test", selector: str = "e1") -> SigningKey:
    """Return an Ed25519 key."""
    return _kept(ed25519.Ed25519PrivateKey.generate(), domain, selector, ED25519)


def _kept(
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, domain: str, selector: str, algorithm: str
) -> SigningKey:
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(domain, selector, algorithm, der)


def record(key: SigningKey) -> str:
    """Return the TXT record of a key."""
    private = load_der_private_key(key.private, None)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    assert isinstance(private, rsa.RSAPrivateKey)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(spki).decode()}"


def name(key: SigningKey) -> str:
    """Return where the record stands."""
    return f"{key.selector}._domainkey.{key.domain}"
