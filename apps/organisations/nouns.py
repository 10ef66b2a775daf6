"""`manage.py NOUN VERB`: how every command of the directory reads, asks, answers and refuses."""

import argparse
import getpass
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.events.audit import Actor, who_is_here

from .errors import DirectoryError

type Cell = str | int | bool | None


class NounCommand(BaseCommand):
    """A noun with verbs; a subclass adds them in `add_verbs` and writes a method for each."""

    # Its checks reach for every app; a change to one mailbox need not wait for them.
    requires_system_checks = ()

    def add_verbs(self) -> None:
        """Call `self.verb` for each verb."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the verbs as subcommands."""
        self._verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        self.add_verbs()

    def verb(self, name: str, run: Callable[..., None], sentence: str) -> argparse.ArgumentParser:
        """Add a verb that calls `run` with its arguments by name; returns its parser."""
        parser: argparse.ArgumentParser = self._verbs.add_parser(name, help=sentence, description=sentence)
        parser.set_defaults(run=run)
        return parser

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the verb; a refusal is one line and exit status 1."""
        run = options.pop("run")
        for value in options.values():
            if isinstance(value, str) and not _is_text(value):
                raise CommandError(f"{value!r} is not UTF-8")
        names = inspect.signature(run).parameters
        try:
            run(**{name: value for name, value in options.items() if name in names})
        except DirectoryError as error:
            raise CommandError(str(error)) from None

    @property
    def actor(self) -> Actor:
        """Who acts: whoever runs the command on this machine."""
        return who_is_here()

    def say(self, text: str) -> None:
        """Print one line."""
        self.stdout.write(text)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[Cell]], *, as_json: bool) -> None:
        """Print rows in columns, or as one JSON object a line."""
        if as_json:
            for row in rows:
                self.say(json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False))
            return
        cells = [list(head), *([_cell(value) for value in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row_cells in cells:
            line = (cell.ljust(width) for cell, width in zip(row_cells, widths, strict=True))
            self.say("  ".join(line).rstrip())


def _is_text(value: str) -> bool:
    """Say whether an argument's bytes were UTF-8: Python carries others as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in {None, ""} else str(value)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json` to a verb that lists."""
    parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object a line")


def read_password(prompt: str = "Password: ") -> str:
    """Ask for a password twice without showing it; or read one line, when standard input is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    password = getpass.getpass(prompt)
    if getpass.getpass("Again: ") != password:
        raise DirectoryError("the two passwords differ")
    return password


def confirm(what: str, *, yes: bool) -> None:
    """Ask whether something that cannot be undone is meant, if somebody is there to ask."""
    if yes or not sys.stdin.isatty():
        return
    if input(f"{what} This cannot be undone. Type yes: ").strip().lower() != "yes":
        raise DirectoryError("nothing was done")


_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def size(text: str) -> int:
    """Read a size like 500M or 10G; 0 and none mean no limit."""
    if text.strip().lower() == "none":
        return 0
    found = re.fullmatch(r"(\d{1,15})\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 500M or 10G")
    return int(found[1]) * _UNITS[found[2].upper()]


def show_size(number: int | None) -> str:
    """Write a size as `size` reads it."""
    if not number:
        return "-"
    for unit in ("T", "G", "M", "K"):
        if number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]}{unit}"
    return str(number)
