"""The demo's people and their random passwords, kept in the state directory."""

import json
import os
import secrets
from pathlib import Path
from typing import TypedDict

from django.conf import settings


class Person(TypedDict):
    """Someone to sign in as, as var/run.json tells it."""

    address: str
    password: str
    role: str


class Kept(TypedDict):
    """What the file holds."""

    users: list[Person]
    api_token: str
    has_samples: bool


PEOPLE = {
    "admin@example.test": "superadmin",
    "alice@example.test": "user",
    "bob@example.test": "user",
    "carol@example.test": "user",
    "dave@example.test": "user",
}


def path() -> Path:
    """Return where the passwords are kept (0600)."""
    return Path(settings.MAIL_STATE_DIR) / "secrets" / "demo.json"


def load() -> Kept:
    """Return the users and the API token; empty when there is no demo."""
    try:
        kept: Kept = json.loads(path().read_text())
    except FileNotFoundError:
        return {"users": [], "api_token": "", "has_samples": False}
    return kept


def save(kept: Kept) -> None:
    """Keep them."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(kept, out, indent=2)
    staged.replace(file)


def invent() -> Kept:
    """Return the people with new passwords, and no token yet."""
    return {
        "users": [
            {"address": address, "password": secrets.token_urlsafe(12), "role": role}
            for address, role in PEOPLE.items()
        ],
        "api_token": "",
        "has_samples": False,
    }
