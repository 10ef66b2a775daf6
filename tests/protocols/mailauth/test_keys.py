"""Signing keys are loaded once, or refused with a reason that tells nothing of them."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.conf import settings

from apps.protocols.mailauth.dkim.keys import ED25519, RSA, SigningKeyError, load

from .keys import ed25519_key, rsa_key


def test_it_works() -> None:
    signer = load(rsa_key())
    assert (signer.domain, signer.selector, signer.algorithm, signer.bits) == (
        "example.test",
        "r1",
        RSA,
        2048,
    )
    private = load_der_private_key(rsa_key().private, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    private.public_key().verify(signer.sign(b"some headers"), b"some headers", padding.PKCS1v15(), SHA256())


def test_ed25519_signs_the_hash() -> None:
    signer = load(ed25519_key())
    private = load_der_private_key(ed25519_key().private, None)
    assert isinstance(private, ed25519.Ed25519PrivateKey)
    private.public_key().verify(signer.sign(b"some headers"), hashlib.sha256(b"some headers").digest())


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (replace(rsa_key(), private=b"\x30\x03abc"), "no private key"),
        (replace(rsa_key(), private=b""), "no private key"),
        (replace(rsa_key(), algorithm=ED25519), "not one for ed25519-sha256"),
        (replace(ed25519_key(), algorithm=RSA), "not one for rsa-sha256"),
        (replace(rsa_key(), algorithm="rsa-sha1"), "not one for rsa-sha1"),
    ],
)
def test_a_key_that_cannot_sign(key: object, reason: str) -> None:
    with pytest.raises(SigningKeyError, match=reason):
        load(key)  # type: ignore[arg-type]


def test_no_secret_is_shown() -> None:
    assert "private" not in repr(rsa_key())
    assert repr(rsa_key().private)[10:30] not in repr(load(rsa_key()))


def test_who_only_imports_loads_no_cryptography() -> None:
    """Its 8 MB are for processes that sign or verify."""
    modules = "arc.seal", "arc.verify", "dkim.sign", "dkim.verify", "results"
    code = "import sys\n" + "\n".join(f"import apps.protocols.mailauth.{name}" for name in modules)
    code += "\nprint([name for name in sys.modules if name.split('.')[0] in {'cryptography', 'dkim', 'dns', 'django'}])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    )
    assert done.stdout.strip() == "[]"
