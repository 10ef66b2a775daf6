"""The master keys that seal secrets at rest, and what is derived from them."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from .registry import SettingError

KEY_BYTES = 32


def load_keyring(configured: str, path: Path) -> dict[int, bytes]:
    """Return the master keys by id, newest first; made and kept in `path` (0600) when none are configured."""
    if configured:
        return parse_keyring(configured, "MAIL_MASTER_KEYS")
    try:
        return _load_file(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SettingError(f"MAIL_STATE_DIR: {path} cannot be read or made: {reason}") from None


def _load_file(path: Path) -> dict[int, bytes]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = _write_beside(path, [f"1:{_new_key()}"])
        # Linked when complete: of two processes that start together, one makes it and the other finds it whole.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    if path.stat().st_mode & 0o077:
        raise SettingError(f"{path}: others on this machine can read the master keys; chmod 600 it")
    return parse_keyring(path.read_text().replace("\n", ","), str(path))


def add_key(path: Path) -> int:
    """Put a new key first in the file of keys; returns its id."""
    lines = path.read_text().split()
    key_id = max(parse_keyring(",".join(lines), str(path))) + 1
    _write_beside(path, [f"{key_id}:{_new_key()}", *lines]).rename(path)
    return key_id


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_beside(path: Path, lines: list[str]) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


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
