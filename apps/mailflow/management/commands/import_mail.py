"""Import mail from mbox files, Maildirs and folders of .eml into a mailbox."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from apps.mailboxes.models import Mailbox
from apps.mailflow.importing import importer
from apps.protocols.addresses import Address, AddressError
from apps.store.services import folders


class Command(BaseCommand):
    """`manage.py import_mail --mailbox alice@example.test PATH ...`."""

    help = (
        "Import mail into a mailbox from mbox files, Maildirs (with their subfolders) or folders of .eml; what "
        "PATH is, is found out by looking at it. Flags and dates are kept. Folders are made as needed: a file "
        "Archive.mbox becomes the folder Archive, .Sent.2026 of a Maildir becomes Sent/2026. An import can be "
        "stopped at any time and given again: nothing is filed twice. Messages that are broken are kept byte for "
        "byte and named at the end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the arguments."""
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)
        parser.add_argument("--mailbox", required=True, metavar="ADDRESS", help="the mailbox to import into")
        parser.add_argument(
            "--folder", default="INBOX", help="the folder for mail that is in no folder of its own (INBOX)"
        )
        parser.add_argument(
            "--keep-line-ends",
            action="store_true",
            help="keep lines that end in LF alone; else they get the CRLF that IMAP clients expect",
        )
        parser.add_argument(
            "--unquote-from",
            action="store_true",
            help="take one > from lines like `>From `, as mboxrd asks; else bodies stay byte for byte",
        )
        parser.add_argument(
            "--again", action="store_true", help="forget what was imported into this mailbox before"
        )
        parser.add_argument("--no-progress", action="store_true", help="show no progress bar")

    def handle(self, **options: Any) -> None:
        """Import each path and say what came of it."""
        mailbox = _mailbox(options["mailbox"])
        folder = folders.canonical(options["folder"])
        if folder is None:
            raise CommandError(f"--folder: no folder can be called {options['folder']!r}")
        paths: list[Path] = [path.resolve() for path in options["paths"]]
        for path in paths:
            if not path.exists():
                raise CommandError(f"{path}: no such file or directory")
        again = options["again"]
        for path in paths:
            how = importer.Options(
                folder=folder,
                keep_line_ends=options["keep_line_ends"],
                unquote_from=options["unquote_from"],
                again=again,
            )
            self._import(mailbox, path, how, quiet=options["no_progress"])
            again = False

    def _import(self, mailbox: Mailbox, path: Path, how: importer.Options, *, quiet: bool) -> None:
        with tqdm(
            total=importer.total_size(path),
            unit="B",
            unit_scale=True,
            desc=path.name,
            disable=quiet,
        ) as bar:
            try:
                report = importer.run(mailbox, path, how, progress=bar.update)
            except importer.ImportBusyError:
                raise CommandError(f"another import into {mailbox} is running") from None
            except KeyboardInterrupt:
                raise CommandError("stopped; give the same command again to go on") from None
        for line in report.notes:
            self.stdout.write(line)
        if (hidden := report.broken + report.left - len(report.notes)) > 0:
            self.stdout.write(f"... and {hidden} more like these")
        self.stdout.write(
            f"{path}: {report.imported} messages ({report.imported_bytes} bytes) imported into"
            f" {len(report.folders)} folders, {report.known} were there already,"
            f" {report.broken} broken ones kept as they are, {report.left} not imported"
        )


def _mailbox(text: str) -> Mailbox:
    try:
        address = Address.parse(text)
    except AddressError:
        raise CommandError(f"--mailbox: {text!r} is no address") from None
    local, _, domain = address.key.rpartition("@")
    found = Mailbox.objects.select_related("domain").filter(domain__name=domain, local_part=local).first()
    if found is None:
        raise CommandError(f"--mailbox: there is no mailbox {address}")
    return found
