"""`manage.py store check` and `manage.py store keep`."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.store import checking
from apps.store.services import keeping


class Command(BaseCommand):
    """Look after the store of mail."""

    help = (
        "Look after the store of mail: `check` finds what does not agree, `keep` does the housekeeping now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the two verbs."""
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
            help="count anew and drop what can be made again; bytes that are lost stay lost",
        )
        verbs.add_parser(
            "keep",
            help="do the housekeeping now: sweep what nothing names, trim logs, expire mail",
            description="Does all housekeeping now, whether due or not. Safe at any time.",
        )

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

    def _look(self, *, deep: bool) -> list[checking.Finding]:
        findings = []
        for finding in checking.check(deep=deep):
            findings.append(finding)
            self.stdout.write(finding.text)
        return findings
