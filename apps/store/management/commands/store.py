"""`manage.py store check`, `manage.py store keep` and `manage.py store rebuild`."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.events.transactions import perform
from apps.store import checking, packing
from apps.store import threading as threads
from apps.store.models import Folder
from apps.store.services import keeping
from apps.store.values import FolderRef


class Command(BaseCommand):
    """Look after the store of mail."""

    help = (
        "Look after the store of mail: `check` finds what does not agree, `keep` does the housekeeping now, "
        "`rebuild` makes anew what is derived for speed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser(
            "check",
            help="compare counters, quotas, logs and blobs with the mail itself; exit 1 if something is wrong",
            description="Compares what the store counts, logs and derives with the mail itself, in one snapshot "
            "of the database, while mail goes on. Prints a line for each finding and exits 1 if there are any.",
        )
        check.add_argument("--deep", action="store_true", help="also read every message and compare its hash")
        check.add_argument(
            "--repair",
            action="store_true",
            help="count anew, drop what can be made again, and look for lost bytes in other segments; those found "
            "nowhere stay lost until the same message comes again",
        )
        verbs.add_parser(
            "keep",
            help="do the housekeeping now: sweep what nothing names, trim logs, expire mail",
            description="Does all housekeeping now, whether due or not. Safe at any time.",
        )

        rebuild = verbs.add_parser(
            "rebuild",
            help="drop packs and snapshots and build them again, small folders included; find conversations anew",
            description="Packs and snapshots only make reading fast. This drops those of each folder and builds "
            "them again from its messages, while mail goes on. Needed after none but unusual repairs; useful "
            "after a large import, for it does at once what housekeeping does little by little. Which messages are a "
            "conversation is found anew, too.",
        )
        rebuild.add_argument("--mailbox", metavar="ADDRESS", help="only the folders of this mailbox")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        if options["verb"] == "keep":
            swept = keeping.sweep()
            self.stdout.write(
                f"swept {swept.contents} contents, {swept.blobs} blobs and {swept.segments} segments"
            )
            self.stdout.write(f"trimmed {keeping.trim()} rows of logs")
            self.stdout.write(f"expired {keeping.expire()} messages")
            return
        if options["verb"] == "rebuild":
            self._rebuild(options["mailbox"])
            return
        findings = self._look(deep=options["deep"])
        if findings and options["repair"]:
            for line in checking.repair(findings):
                self.stdout.write(f"repaired: {line}")
            self.stdout.write("looking again")
            findings = self._look(deep=options["deep"])
        if findings:
            self.stdout.write(f"{len(findings)} findings")
            sys.exit(1)
        self.stdout.write("nothing is wrong")

    def _rebuild(self, address: str | None) -> None:
        folders = Folder.objects.order_by("id")
        if address is not None:
            local_part, _, domain = address.lower().rpartition("@")
            folders = folders.filter(mailbox__local_part=local_part, mailbox__domain__name=domain)
        refs = [FolderRef(*row) for row in folders.values_list("mailbox_id", "id")]
        if address is not None and not refs:
            raise CommandError(f"no mailbox {address}, or no folder in it")
        for ref in tqdm(refs, unit=" folders", disable=None):
            packing.rebuild(ref)
        mailboxes = sorted({ref.mailbox_id for ref in refs})
        moved = sum(
            perform(threads.rebuild(mailbox)) for mailbox in tqdm(mailboxes, unit=" mailboxes", disable=None)
        )
        self.stdout.write(f"rebuilt {len(refs)} folders; {moved} messages are in other conversations")

    def _look(self, *, deep: bool) -> list[checking.Finding]:
        findings = []
        for finding in checking.check(deep=deep):
            findings.append(finding)
            self.stdout.write(finding.text)
        return findings
