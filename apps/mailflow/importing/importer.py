"""Importing mail: read, scan, file in batches; what was filed is remembered in the same transaction.

A message is known again by its folder and its bytes, without the fields in which mail readers keep their
flags, so an import can be interrupted, repeated, and given an mbox that has grown or was compacted since. If
the same bytes lie in a folder twice, they are filed twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3
from django.conf import settings

from apps.events.transactions import Plan, Run, perform, query
from apps.mailboxes.models import Mailbox
from apps.protocols.mime.headers import header_end, subset
from apps.protocols.mime.line_ends import LineEnds, line_ends
from apps.protocols.mime.mbox import KEPT_BY_READERS, unquote
from apps.protocols.mime.scan import scan
from apps.store.flags import SEEN, Flags
from apps.store.services import folders, messages
from apps.store.values import FolderRef, MessageFacts, NewMessage, Placed

from . import sql
from .sources import INBOX, Found, Left, find_sources, read

BATCH_MESSAGES = 200
BATCH_BYTES = 8 * 1024 * 1024
REPORTED = 1000
MIXED_LINE_ENDS = "its line ends are mixed"


class ImportBusyError(Exception):
    """Another import into this mailbox is running."""


class FolderGoneError(Exception):
    """A folder was deleted while mail was being filed in it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import."""

    folder: str = INBOX
    keep_line_ends: bool = False
    unquote_from: bool = False
    again: bool = False


@dataclass(slots=True)
class Report:
    """What came of it."""

    imported: int = 0
    imported_bytes: int = 0
    known: int = 0
    broken: int = 0
    left: int = 0
    folders: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    """The first of the broken and the left ones, each in a line."""

    def note(self, line: str) -> None:
        """Add a line, unless there are too many."""
        if len(self.notes) < REPORTED:
            self.notes.append(line)


@dataclass(frozen=True, slots=True)
class _Item:
    key: bytes
    message: NewMessage
    defects: list[str]


type Progress = Callable[[int], object]


def run(mailbox: Mailbox, path: Path, options: Options, *, progress: Progress = lambda read: None) -> Report:
    """Import what lies at `path`; `progress` hears how many bytes were read. See `total_size`."""
    if not perform(query(sql.LOCK, [mailbox.pk]))[0][0]:
        raise ImportBusyError(str(mailbox))
    try:
        if options.again:
            perform(_forget(mailbox.pk))
        return _Import(mailbox, options, progress).run(path)
    finally:
        perform(query(sql.UNLOCK, [mailbox.pk]))


def total_size(path: Path) -> int:
    """Return how many bytes there are to read."""
    return sum(source.size for source in find_sources(path))


def _forget(mailbox_id: int) -> Plan[None]:
    yield Run(sql.FORGET, [mailbox_id])


class _Import:
    """One import into one mailbox."""

    def __init__(self, mailbox: Mailbox, options: Options, progress: Progress) -> None:
        self.mailbox_id = mailbox.pk
        self.owner_id = mailbox.owner_id
        self.private_seen = mailbox.private_seen
        self.organisation_id = mailbox.domain.organisation_id
        self.options = options
        self.progress = progress
        self.report = Report()
        self.refs: dict[str, FolderRef] = {}
        self.number: int = perform(query(sql.NEXT_RUN, [mailbox.pk]))[0][0]

    def run(self, path: Path) -> Report:
        perform(folders.ensure_defaults(self.mailbox_id))
        for batch in self.batches(self.found(path)):
            self.file(batch)
        return self.report

    def found(self, path: Path) -> Iterator[Found]:
        for source in find_sources(path, self.options.folder):
            for item in read(source, limit=settings.MAIL_MAX_MESSAGE_BYTES):
                if isinstance(item, Left):
                    self.report.left += 1
                    self.report.note(f"not imported: {item.where}: {item.reason}")
                    self.progress(item.read)
                else:
                    yield item

    def batches(self, items: Iterable[Found]) -> Iterator[list[Found]]:
        batch: list[Found] = []
        size = 0
        for item in items:
            batch.append(item)
            size += len(item.data)
            if len(batch) >= BATCH_MESSAGES or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def file(self, batch: list[Found]) -> None:
        """File a batch; once more, if a folder was deleted meanwhile."""
        items = [self.item(found) for found in batch]
        try:
            filed = perform(self.plan(items))
        except FolderGoneError:
            self.refs.clear()
            items = [self.item(found) for found in batch]
            filed = perform(self.plan(items))
        report = self.report
        report.known += len(batch) - len(filed)
        report.imported += len(filed)
        for n in filed:
            report.imported_bytes += len(batch[n].data)
            report.folders.add(batch[n].folder)
            if items[n].defects:
                report.broken += 1
                report.note(f"broken, kept as it is: {batch[n].where}: {'; '.join(items[n].defects)}")
        self.progress(sum(found.read for found in batch))

    def item(self, found: Found) -> _Item:
        data = unquote(found.data) if self.options.unquote_from else found.data
        facts = scan(data, text_limit=0)
        ends = line_ends(data)
        defects = [*facts.defects, *([MIXED_LINE_ENDS] if ends == LineEnds.MIXED else [])]
        if ends == LineEnds.LF and not defects and not self.options.keep_line_ends:
            # A file of a Unix system ends lines in LF; the message itself, as IMAP shows it, in CRLF.
            data = data.replace(b"\n", b"\r\n")
            facts = scan(data, text_limit=0)
        flags, seen_by = Flags.named(*found.flags), 0
        if self.private_seen and flags.mask & SEEN:
            # The bit means nothing there. Where nobody owns the mailbox, who has read it is not known.
            flags, seen_by = Flags(flags.mask & ~SEEN, flags.names), self.owner_id or 0
        return _Item(
            key=message_key(found),
            message=NewMessage(
                organisation_id=self.organisation_id,
                mailbox_id=self.mailbox_id,
                folder_id=self.folder(found.folder).folder_id,
                body=data,
                facts=MessageFacts.of(facts),
                internaldate=max(found.internaldate, 0),
                flags=flags,
                seen_by=seen_by,
            ),
            defects=defects,
        )

    def folder(self, name: str) -> FolderRef:
        """Return a folder, made if it is not there."""
        if ref := self.refs.get(name):
            return ref
        kept = folders.canonical(name) or folders.canonical(_printable(name)) or INBOX
        rows = perform(query(sql.FOLDER, [self.mailbox_id, kept]))
        if rows:
            ref = FolderRef(self.mailbox_id, rows[0][0])
        else:
            made = perform(folders.create(self.mailbox_id, kept))
            if not isinstance(made, FolderRef):
                raise FolderGoneError(kept)
            ref = made
            if self.owner_id is not None:
                perform(folders.subscribe(self.owner_id, self.mailbox_id, kept))
        self.refs[name] = ref
        return ref

    def plan(self, items: list[_Item]) -> Plan[list[int]]:
        """File those of a batch that were not filed before, and remember them; return which."""
        counts = Counter(item.key for item in items)
        rows = yield from query(
            sql.COUNT, [self.mailbox_id, self.number, list(counts), list(counts.values())]
        )
        missing = {bytes(key): max(0, min(counts[bytes(key)], seen - done)) for key, seen, done in rows}
        filed = {key: n for key, n in missing.items() if n}
        chosen = []
        for n, item in enumerate(items):
            if missing[item.key]:
                missing[item.key] -= 1
                chosen.append(n)
        if not chosen:
            return []
        placed = yield from messages.append([items[n].message for n in chosen], enforce_quota=False)
        if not all(isinstance(one, Placed) for one in placed):
            raise FolderGoneError
        yield Run(sql.FILED, [list(filed), list(filed.values()), self.mailbox_id])
        return chosen


def _printable(name: str) -> str:
    """Make a folder's name of whatever a directory was called."""
    levels = [
        "".join(c if c >= " " and c != "\x7f" else "_" for c in level)[:200] for level in name.split("/")
    ]
    return "/".join(level for level in levels if level)[:900]


def message_key(found: Found) -> bytes:
    """Return what a message is known by: its folder and its bytes, but for what mail readers change."""
    data = found.data
    end = header_end(data)
    header = data[:end]
    digest = blake3(found.folder.encode("utf-8", "replace") + b"\0")
    digest.update(subset(header, KEPT_BY_READERS, invert=True))
    digest.update(data[end:])
    return digest.digest(16)
