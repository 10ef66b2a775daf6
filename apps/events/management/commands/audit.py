"""manage.py audit: who changed what."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.events.arguments import count
from apps.events.audit import verify_chain
from apps.events.models import AuditEntry


class Command(BaseCommand):
    """The audit trail."""

    help = (
        "Who changed what, and whether the record of it is whole. "
        "Example: manage.py audit list --limit 20; manage.py audit verify --head HASH"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """List and verify."""
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        sentence = "Print entries, newest first."
        show = verbs.add_parser("list", help=sentence, description=sentence)
        show.add_argument("--limit", type=count, default=50, help="how many (default: 50)")
        show.add_argument("--actor", help="only what this user did")
        show.add_argument("--target", help="only what was done to this, like alice@example.org")
        show.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object a line")
        sentence = "Read the whole chain and say whether an entry was changed, removed or slipped in."
        verify = verbs.add_parser("verify", help=sentence, description=sentence)
        verify.add_argument(
            "--head",
            metavar="HASH",
            help="a head printed earlier and kept elsewhere: the chain must still hold it",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the verb."""
        if options["verb"] == "list":
            self._list(options)
        else:
            self._verify(options["head"])

    def _list(self, options: dict[str, Any]) -> None:
        entries = AuditEntry.objects.order_by("-id")
        if options["actor"]:
            entries = entries.filter(actor=options["actor"])
        if options["target"]:
            entries = entries.filter(target=options["target"])
        for entry in entries[: options["limit"]]:
            at = entry.at.isoformat(timespec="seconds")
            details = json.dumps(entry.details, ensure_ascii=False)
            if options["as_json"]:
                facts = {
                    "id": entry.id,
                    "at": at,
                    "actor": entry.actor,
                    "peer": entry.peer,
                    "action": entry.action,
                    "kind": entry.target_kind,
                    "target": entry.target,
                    "details": entry.details,
                    "hash": bytes(entry.hash).hex(),
                }
                self.stdout.write(json.dumps(facts, ensure_ascii=False))
            else:
                self.stdout.write(f"{at}  {entry.actor}  {entry.action}  {entry.target}  {details}")

    def _verify(self, head: str | None) -> None:
        found = verify_chain()
        if not found.is_whole:
            raise CommandError(f"broken at entry {found.broken_at}: {found.reason}")
        if head is not None:
            try:
                is_held = AuditEntry.objects.filter(hash=bytes.fromhex(head)).exists()
            except ValueError:
                raise CommandError("a head is 64 hexadecimal digits") from None
            if not is_held:
                raise CommandError("whole, but it no longer holds this head: entries were cut off its end")
        self.stdout.write(f"{found.entries} entries, whole; head {found.head}")
