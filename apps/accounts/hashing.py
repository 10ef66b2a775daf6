"""Passwords: Argon2id with 19 MiB, t=2, p=1, and never more checks at once than there are cores.

A check costs about 18 ms and 19 MiB, which is what a guess costs whoever steals the table.
"""

import os
import threading
import unicodedata

import argon2

from . import imported

SCHEME = "ARGON2ID"
MAX_PASSWORD_BYTES = 1024

_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
_CORES = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))

# No password leads to this one: it is checked where there is nobody to check, so that it takes as long.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def _prepare(password: str) -> bytes:
    """Return the password as it is hashed: NFC (RFC 8265), so that every keyboard's é is the same."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def hash_password(password: str) -> str:
    """Return a verifier of the password."""
    with _CORES:
        return _HASHER.hash(_prepare(password))


def check_password(scheme: str, verifier: str, password: str) -> bool:
    """Return whether this is the password; a malformed verifier matches none."""
    prepared = _prepare(password)
    if len(prepared) > MAX_PASSWORD_BYTES:
        # As slow as any other wrong password.
        verifier, scheme, prepared = _NOBODY, SCHEME, b""
    with _CORES:
        if scheme != SCHEME:
            return imported.check(scheme, verifier, password)
        try:
            return _HASHER.verify(verifier, prepared)
        except (argon2.exceptions.VerificationError, ValueError):
            return False


def check_nobody(password: str) -> None:
    """Take as long as a check takes, for a user there is not."""
    check_password(SCHEME, _NOBODY, password)


def needs_rehash(scheme: str, verifier: str) -> bool:
    """Return whether a verifier that just matched should be made anew."""
    return scheme != SCHEME or _HASHER.check_needs_rehash(verifier)
