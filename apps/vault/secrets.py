"""Keys for keyed hashes, made when first asked for and kept sealed in the database.

They are not derived from a master key: a master key is replaced one day, and the hashes of app passwords and
tokens cannot be made again.
"""

import hashlib
import hmac
import os

from .models import Secret


def secret(name: str) -> bytes:
    """Return the secret of this name. Read each time: a database restored under us has another."""
    found = Secret.objects.filter(name=name).first()
    if found is None:
        Secret.objects.bulk_create([Secret(name=name, value=os.urandom(32))], ignore_conflicts=True)
        found = Secret.objects.get(name=name)
    return bytes(found.value)


def keyed_hash(name: str, *parts: bytes) -> bytes:
    """Return HMAC-SHA-256 of `parts` (each with its length, so that they cannot run together)."""
    return keyed_hash_with(secret(name), *parts)


def keyed_hash_with(key: bytes, *parts: bytes) -> bytes:
    """Do the same with a secret read before."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(4) + part)
    return mac.digest()
