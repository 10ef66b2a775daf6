"""Secrets we make: enough bits, found by hash, and SCRAM keys as the RFCs have them."""

import base64
import hashlib
import hmac

from apps.accounts.generated import (
    ScramKeys,
    canonical,
    new_app_password,
    new_token,
    scram_keys,
    scram_salt,
    verifier_of,
)

KEY = bytes(32)


def test_an_app_password_has_130_bits_and_is_easily_read() -> None:
    made = {new_app_password() for _ in range(100)}
    assert len(made) == 100
    for app_password in made:
        assert len(canonical(app_password)) == 26
        assert set(app_password) <= set("abcdefghijklmnopqrstuvwxyz234567-")


def test_a_token_can_be_known_as_one() -> None:
    token = new_token()
    assert token.startswith("mp_")
    assert len(base64.urlsafe_b64decode(token[3:] + "=")) == 32
    assert canonical(token) == token


def test_a_verifier_depends_on_key_and_secret_alone() -> None:
    assert verifier_of(KEY, "abcd-efgh") == verifier_of(KEY, " ABCD efgh ")
    assert verifier_of(KEY, "abcd-efgh") != verifier_of(b"x" * 32, "abcd-efgh")
    assert verifier_of(KEY, "mp_Ab") != verifier_of(KEY, "mp_ab")


def proves(keys: ScramKeys, name: str, password: str, message: bytes) -> bool:
    """Play a client that knows the password, and a server that knows the keys (RFC 5802 3)."""
    salted = hashlib.pbkdf2_hmac(name, password.encode(), keys.salt, keys.iterations)
    client_key = hmac.digest(salted, b"Client Key", name)
    stored_key = hashlib.new(name, client_key).digest()
    proof = bytes(a ^ b for a, b in zip(client_key, hmac.digest(stored_key, message, name), strict=True))
    recovered = bytes(a ^ b for a, b in zip(proof, hmac.digest(keys.stored_key, message, name), strict=True))
    return hashlib.new(name, recovered).digest() == keys.stored_key


def test_a_client_proves_the_password_against_the_keys() -> None:
    for mechanism, name in (("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-1", "sha1")):
        keys = scram_keys("abcd-efgh", mechanism=mechanism, salt=b"0123456789abcdef")
        assert proves(keys, name, "abcd-efgh", b"n=alice,r=x,r=xy,s=...,c=biws,r=xy")
        assert not proves(keys, name, "abcd-efgi", b"n=alice,r=x,r=xy,s=...,c=biws,r=xy")


def test_the_rfcs_own_example() -> None:
    # RFC 5802 section 5: user "user", password "pencil", 4096 iterations; the server's signature it ends with.
    keys = scram_keys("pencil", mechanism="SCRAM-SHA-1", salt=base64.b64decode("QSXCR+Q6sek8bf92"))
    message = (
        b"n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"
    )
    assert base64.b64encode(hmac.digest(keys.server_key, message, "sha1")) == b"rmF9pqV8S7suAoZWja4dJRkFsKQ="


def test_every_login_has_a_salt_that_stays() -> None:
    assert scram_salt(KEY, "alice@example.test") == scram_salt(KEY, "alice@example.test")
    assert scram_salt(KEY, "alice@example.test") != scram_salt(KEY, "nobody@example.test")
