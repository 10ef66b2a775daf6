"""Secrets we make ourselves: shown once, kept as keyed hashes and SCRAM keys (RFC 5802, 7677)."""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass

from django.conf import settings

from apps.vault.secrets import keyed_hash_with

SECRET = "credentials"
"""The name of the vault's secret that keys these hashes."""
SCHEME = "HMAC-SHA256"
TOKEN_PREFIX = "mp_"

APP_PASSWORD_CHARS = 26  # 5 bits each: 130 bits.
SCRAM_ITERATIONS = 4096
SCRAM_MECHANISMS = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}

# Without letters that are taken for one another when somebody reads them out.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5


def new_password() -> str:
    """Return a password of 100 random bits, in groups for reading it out, and as long as is asked for."""
    groups = max(_GROUPS, -(-settings.MAIL_PASSWORD_LENGTH // (_GROUP + 1)) + 1)
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(groups))


def new_app_password() -> str:
    """Return a password to type once, like `k3fq-...`: letters and digits nobody confuses."""
    text = base64.b32encode(os.urandom(17)).decode().lower()[:APP_PASSWORD_CHARS]
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def new_token() -> str:
    """Return an API token; the prefix lets scanners of leaked secrets know it."""
    return TOKEN_PREFIX + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def canonical(text: str) -> str:
    """Return a generated secret without what people add when they copy it; a token stays as it is."""
    text = text.strip()
    if text.startswith(TOKEN_PREFIX):
        return text
    return text.replace(" ", "").replace("-", "").lower()


def verifier_of(key: bytes, text: str) -> str:
    """Return the keyed hash that finds a generated secret."""
    return keyed_hash_with(key, b"verifier", canonical(text).encode("utf-8", "surrogatepass")).hex()


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What a server keeps to speak SCRAM: never enough to sign in with."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes

    def as_json(self) -> dict[str, str | int]:
        """Return them as the credential keeps them."""
        return {
            "salt": base64.b64encode(self.salt).decode(),
            "iterations": self.iterations,
            "stored_key": base64.b64encode(self.stored_key).decode(),
            "server_key": base64.b64encode(self.server_key).decode(),
        }


def scram_salt(key: bytes, login: str) -> bytes:
    """Return the salt of a login: one for all its app passwords, and one for a login there is not.

    A SCRAM server names the salt before it knows which of the app passwords the client holds.
    """
    return keyed_hash_with(key, b"scram", login.encode())[:16]


def scram_keys(app_password: str, *, mechanism: str, salt: bytes) -> ScramKeys:
    """Return the keys of an app password; the client hashes it as it was shown, with its hyphens."""
    name = SCRAM_MECHANISMS[mechanism]
    salted = hashlib.pbkdf2_hmac(name, app_password.encode(), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", name)
    return ScramKeys(
        salt,
        SCRAM_ITERATIONS,
        hashlib.new(name, client_key).digest(),
        hmac.digest(salted, b"Server Key", name),
    )
