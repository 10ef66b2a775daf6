"""Verifiers made elsewhere: they still match, and give way to our own at the first sign-in.

Schemes are named as Dovecot names them. Whatever is malformed, or costs more than a sign-in may, matches no
password; nothing here raises.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable

import argon2
import bcrypt
from passlib.handlers.md5_crypt import md5_crypt
from passlib.handlers.sha2_crypt import sha256_crypt, sha512_crypt

MAX_CRYPT_ROUNDS = 1_000_000
MAX_BCRYPT_COST = 15
MAX_PBKDF2_ROUNDS = 2_000_000
MAX_ARGON2_KIB = 256 * 1024
MAX_ARGON2_PASSES = 16
MAX_ARGON2_LANES = 16
"""Each lane is a thread while the password is checked."""

_NAMED = re.compile(r"\{([A-Z0-9-]+)\}(.+)", re.DOTALL | re.IGNORECASE)
# Says only that what follows names its scheme itself.
_CRYPT = re.compile(r"\A(?:\{CRYPT\})++", re.IGNORECASE)
_CRYPT_ROUNDS = re.compile(r"\$[56]\$(?:rounds=(\d{1,9})\$)?")
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_PBKDF2_DOVECOT = re.compile(r"\$1\$([^$]{1,64})\$(\d{1,9})\$([0-9a-fA-F]{40})")
_PBKDF2_DJANGO = re.compile(r"pbkdf2_(sha1|sha256|sha512)\$(\d{1,9})\$([^$]{1,64})\$([A-Za-z0-9+/=]+)")
_PBKDF2_MODULAR = re.compile(r"\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,9})\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)")


def _crypt(handler: type) -> Callable[[str, bytes], bool]:
    def check_crypt(verifier: str, password: bytes) -> bool:
        rounds = _CRYPT_ROUNDS.match(verifier)
        if rounds and int(rounds[1] or 0) > MAX_CRYPT_ROUNDS:
            return False
        return bool(handler.verify(password, verifier))  # type: ignore[attr-defined]

    return check_crypt


def _bcrypt(verifier: str, password: bytes) -> bool:
    found = _BCRYPT.fullmatch(verifier)
    if not found or int(found[1]) > MAX_BCRYPT_COST:
        return False
    # Every bcrypt there was cut at 72 bytes; the library now refuses what is longer.
    return bcrypt.checkpw(password[:72], verifier.encode())


def _salted(name: str) -> Callable[[str, bytes], bool]:
    size = hashlib.new(name).digest_size

    def check_salted(verifier: str, password: bytes) -> bool:
        decoded = base64.b64decode(verifier, validate=True)
        digest, salt = decoded[:size], decoded[size:]
        return bool(salt) and hmac.compare_digest(hashlib.new(name, password + salt).digest(), digest)

    return check_salted


def _pbkdf2(verifier: str, password: bytes) -> bool:
    if found := _PBKDF2_DOVECOT.fullmatch(verifier):
        name, salt, rounds, digest = "sha1", found[1].encode(), int(found[2]), bytes.fromhex(found[3])
    elif found := _PBKDF2_DJANGO.fullmatch(verifier):
        name, rounds, salt = found[1], int(found[2]), found[3].encode()
        digest = base64.b64decode(found[4], validate=True)
    elif found := _PBKDF2_MODULAR.fullmatch(verifier):
        name, rounds = found[1] or "sha1", int(found[2])
        salt, digest = _adapted_base64(found[3]), _adapted_base64(found[4])
    else:
        return False
    if not 1 <= rounds <= MAX_PBKDF2_ROUNDS or len(digest) < 16:
        return False
    return hmac.compare_digest(hashlib.pbkdf2_hmac(name, password, salt, rounds, len(digest)), digest)


def _adapted_base64(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


def _argon2(verifier: str, password: bytes) -> bool:
    parameters = argon2.extract_parameters(verifier)
    if (
        parameters.memory_cost > MAX_ARGON2_KIB
        or parameters.time_cost > MAX_ARGON2_PASSES
        or parameters.parallelism > MAX_ARGON2_LANES
    ):
        return False
    return argon2.PasswordHasher().verify(verifier, password)


_CHECKS: dict[str, Callable[[str, bytes], bool]] = {
    "SHA512-CRYPT": _crypt(sha512_crypt),
    "SHA256-CRYPT": _crypt(sha256_crypt),
    "MD5-CRYPT": _crypt(md5_crypt),
    "BLF-CRYPT": _bcrypt,
    "SSHA": _salted("sha1"),
    "SSHA256": _salted("sha256"),
    "SSHA512": _salted("sha512"),
    "PBKDF2": _pbkdf2,
    "ARGON2": _argon2,
}
SCHEMES = tuple(_CHECKS)

_BY_PREFIX = (
    ("$6$", "SHA512-CRYPT"),
    ("$5$", "SHA256-CRYPT"),
    ("$1$", "MD5-CRYPT"),
    ("$2", "BLF-CRYPT"),
    ("$pbkdf2", "PBKDF2"),
    ("pbkdf2_", "PBKDF2"),
    ("$argon2", "ARGON2"),
)


def recognise(text: str) -> tuple[str, str] | None:
    """Read `{SCHEME}verifier`, or a verifier that names its scheme itself; None for anything else."""
    text = _CRYPT.sub("", text)
    if named := _NAMED.fullmatch(text):
        scheme, verifier = named[1].upper(), named[2]
        if scheme in {"ARGON2ID", "ARGON2I"}:
            scheme = "ARGON2"
        return (scheme, verifier) if scheme in _CHECKS else None
    for prefix, scheme in _BY_PREFIX:
        if text.startswith(prefix):
            return scheme, text
    return None


def check(scheme: str, verifier: str, password: str) -> bool:
    """Return whether this is the password of an imported verifier."""
    check_scheme = _CHECKS.get(scheme)
    if check_scheme is None or not verifier.isascii():
        return False
    try:
        return check_scheme(verifier, password.encode("utf-8", "surrogatepass"))
    except (
        ValueError,
        TypeError,
        binascii.Error,
        argon2.exceptions.Argon2Error,
        argon2.exceptions.InvalidHash,
    ):
        return False
