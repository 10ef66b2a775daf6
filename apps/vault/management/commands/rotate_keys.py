"""manage.py rotate_keys: replace the master key that seals secrets at rest."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.vault.services import rotate
from mailplatform.settings import keys


class Command(BaseCommand):
    """Replace a master key."""

    help = (
        "Seal every secret at rest again under the newest master key. In three steps: `rotate_keys --add` puts a new "
        "key first in the file of keys; restart every process, so that all can read what it seals; `rotate_keys` "
        "seals everything with it. An older key may be removed from the file once this reports nothing broken; the "
        "oldest also signs web sessions, which end then. With MAIL_MASTER_KEYS, put the new key first there instead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --add."""
        parser.add_argument(
            "--add", action="store_true", help="make a new key, put it first, and seal nothing yet"
        )

    def handle(self, *_: Any, add: bool, **__: Any) -> None:
        """Add a key, or seal with the newest."""
        if add:
            if settings.MAIL_MASTER_KEYS:
                raise CommandError("MAIL_MASTER_KEYS is set: put a new `id:base64` key first there")
            added = keys.add_key(settings.MAIL_KEY_FILE)
            self.stdout.write(f"added key {added}; restart every process, then run rotate_keys")
            return
        broken = 0
        for column in rotate():
            self.stdout.write(f"{column.column}: {column.resealed} sealed again")
            for line in column.broken:
                self.stderr.write(f"{column.column}: {line}")
            broken += len(column.broken)
        if broken:
            raise CommandError(f"{broken} secrets do not open; keep the older keys")
