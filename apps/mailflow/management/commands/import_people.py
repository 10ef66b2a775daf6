"""Import users, mailboxes and aliases from a table."""

import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.permissions import Subject
from apps.accounts.queries import subject_of
from apps.accounts.services.users import find_user
from apps.events.audit import Actor, who_is_here
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import files, results, runs
from apps.mailflow.roster.columns import LABELS, guess, heads
from apps.mailflow.roster.deciding import Options, Outcome
from apps.organisations.errors import DirectoryError


class Command(BaseCommand):
    """`manage.py import_people people.csv --dry-run`."""

    help = (
        "Make users, mailboxes and aliases from a CSV file. Its first row names the columns, in English or German: "
        "address, kind (mailbox, user, shared or alias), name, password, password hash, quota (2 GB), owner, targets, "
        "language; only address is needed. Each row is done for itself, and a file given twice makes nothing twice. "
        "With --actor only what that user may do is done. Passwords are made only if --result says where to write them."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the arguments."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--actor", metavar="ADDRESS", help="act as this user, with this user's roles")
        parser.add_argument(
            "--update", action="store_true", help="change what is there already where the file says otherwise"
        )
        parser.add_argument(
            "--result",
            metavar="PATH",
            type=Path,
            help="write what came of each row, and the passwords made for new users, to a new file",
        )
        parser.add_argument("--language", default="en", help="of new users, where the file does not say (en)")

    def handle(self, **options: Any) -> None:
        """Look at the file, and do it unless it is a dry run."""
        path, result = options["file"], options["result"]
        how = Options(
            update=options["update"], make_passwords=result is not None, language=options["language"]
        )
        try:
            data = _read(path)
            user = find_user(options["actor"]) if options["actor"] else None
            who = subject_of(user.id) if user else runs.ROOT
            assert who is not None  # It was found just now.
            if options["dry_run"]:
                self._look(data, who, how)
                return
            # Made before anything is done: what it cannot keep would be lost.
            out = _create(result) if result else None
            here = who_is_here()
            actor = Actor(f"{user.address} by {here.name}", user.id) if user else here
            roster = runs.upload(user=user, name=path.name, data=data, options=how, actor=actor)
            self._do(roster, who, actor, out)
        except DirectoryError as error:
            raise CommandError(f"{path}: {error}") from None

    def _look(self, data: bytes, who: Subject, how: Options) -> None:
        table = files.read(data)
        columns = guess(table)
        files.check_columns(table, columns)
        named = heads(table)
        for field, at in columns.items():
            self.stdout.write(f"column {at + 1} {named[at]!r}: {LABELS[field]}")
        looked = runs.examine(table, columns, who, how)
        for step in looked.steps:
            self.stdout.write(
                f"line {step.line}: {results.PLANNED[step.outcome]}: {step.address}: {step.text}"
            )
        self._sum({outcome: looked.count(outcome) for outcome in Outcome})

    def _do(self, roster: Roster, who: Subject, actor: Actor, out: int | None) -> None:
        try:
            files.check_columns(runs.table_of(roster), runs.mapped(roster))
        except DirectoryError:
            runs.delete(roster=roster)
            raise
        runs.begin(roster=roster)
        while not runs.go_on(roster.id, lambda: True):
            roster.refresh_from_db(fields=["state"])
            if roster.state == Roster.State.DONE:
                break
            time.sleep(1)  # A worker was faster.
        for line in RosterLine.objects.filter(roster=roster).order_by("line"):
            word = results.WORDS[Outcome(line.outcome)]
            self.stdout.write(f"line {line.line}: {word}: {line.address}: {line.said}")
        found = runs.counts(roster)
        if out is not None:
            roster.refresh_from_db()
            with os.fdopen(out, "wb") as file:
                file.write(
                    results.take_passwords(roster=roster, who=who, actor=actor)
                    if results.has_passwords(roster)
                    else results.result(roster)
                )
        self._sum(found)

    def _sum(self, found: dict[Outcome, int]) -> None:
        words = (f"{number} {results.WORDS[outcome]}" for outcome, number in found.items() if number)
        self.stdout.write(", ".join(words))
        if found[Outcome.REFUSED] or found[Outcome.FAILED]:
            raise CommandError("some rows were refused; see above")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DirectoryError(error.strerror or "it cannot be read") from None


def _create(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
