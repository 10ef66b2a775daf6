"""The master keys that seal secrets at rest, and what is derived from them."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from .registry import SettingError

KEY_BYTES = 32


def load_keyring(configured: str, path: Path) -> dict[int, bytes]:
    """Return the master keys by id, newest first; made and kept in `path` (0600) when none are configured."""
    if configured:
        return parse_keyring(configured, "MAIL_MASTER_KEYS")
    try:
        return _kept(path)
    except OSError as error:
        raise SettingError(f"MAIL_STATE_DIR: {path} cannot be used: {error.strerror}") from None


def _kept(path: Path) -> dict[int, bytes]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = f"1:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(line)
        # A link appears whole or not at all: of two processes that start together, one wins and both read.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(staged)
        staged.unlink()
    return parse_keyring(path.read_text().replace("\n", ","), str(path))


def parse_keyring(value: str, source: str) -> dict[int, bytes]:
    """Parse `id:base64,...`; raises SettingError naming `source`."""
    keys: dict[int, bytes] = {}
    for entry in filter(None, (part.strip() for part in value.split(","))):
        number, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
            key_id = int(number)
        except (ValueError, binascii.Error):
            raise SettingError(f"{source}: entries look like 1:base64") from None
        if len(key) != KEY_BYTES or not 1 <= key_id <= 32767 or key_id in keys:
            raise SettingError(f"{source}: each key needs its own id (1 to 32767) and {KEY_BYTES} bytes")
        keys[key_id] = key
    if not keys:
        raise SettingError(f"{source}: no key in it")
    return keys


def derive(keyring: dict[int, bytes], purpose: str) -> bytes:
    """Derive 32 bytes for one purpose from the oldest key, so that adding a key changes nothing derived."""
    return hmac.new(keyring[min(keyring)], purpose.encode(), hashlib.sha256).digest()
