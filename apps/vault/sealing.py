"""Seal and unseal: AES-256-GCM under the newest master key, bound to what the secret is for.

A sealed secret is `1 | key id (2 bytes) | nonce (12 bytes) | ciphertext and tag`. Version, key id and purpose
are authenticated with it, so that a secret moved to another column does not open there.
"""

import os

from django.conf import settings

from mailplatform.settings.keys import load_keyring
from mailplatform.settings.registry import SettingError

VERSION = 1
_HEADER = 3
_NONCE = 12
_TAG = 16


class SealError(Exception):
    """Something sealed that does not open: damaged, moved, or its master key is missing."""


def newest_key_id() -> int:
    """Return the id of the key that seals."""
    return next(iter(settings.MAIL_KEYRING))


def seal(secret: bytes, *, purpose: str) -> bytes:
    """Seal `secret` for one purpose (a table's column)."""
    # Imported by who seals and unseals: it takes 8 MB, and most processes do neither before the first sign-in.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id = newest_key_id()
    header = bytes([VERSION]) + key_id.to_bytes(2)
    # Random nonces: 2**32 seals under one key before a collision is worth a thought.
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(settings.MAIL_KEYRING[key_id]).encrypt(nonce, secret, header + purpose.encode())
    return header + nonce + sealed


def key_id_of(sealed: bytes) -> int:
    """Return the id of the key that sealed this; raises SealError for what was never sealed."""
    if len(sealed) < _HEADER + _NONCE + _TAG or sealed[0] != VERSION:
        raise SealError("not a sealed secret")
    return int.from_bytes(sealed[1:_HEADER])


def _added_since(key_id: int) -> bytes | None:
    """Look into the file again for a key added since we started: sealed by who has it already, we must open it."""
    if settings.MAIL_MASTER_KEYS or not settings.MAIL_KEY_FILE.exists():
        return None
    try:
        in_file = load_keyring("", settings.MAIL_KEY_FILE)
    except SettingError:
        return None
    if key_id in in_file:
        settings.MAIL_KEYRING = {**in_file, **settings.MAIL_KEYRING}
    return in_file.get(key_id)


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """Return what was sealed for this purpose; raises SealError."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id = key_id_of(sealed)
    if (key := settings.MAIL_KEYRING.get(key_id) or _added_since(key_id)) is None:
        raise SealError(f"master key {key_id} is missing")
    header, nonce, rest = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, rest, header + purpose.encode())
    except InvalidTag:
        raise SealError("damaged, or sealed for another purpose") from None
