"""Where imported mail comes from: mbox files, Maildirs and folders of .eml, told apart by looking at them."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.protocols.imap import utf7
from apps.protocols.imap.errors import ProtocolError
from apps.protocols.mime.dates import parse_date
from apps.protocols.mime.headers import every, first, header_end
from apps.protocols.mime.mbox import from_line_date, is_separator, keywords, mbox_flags, read_mbox

INBOX = "INBOX"
TOO_LARGE = "larger than MAIL_MAX_MESSAGE_BYTES"
UNREADABLE = "cannot be read"
NOT_MAIL = "is not mail"


@dataclass(frozen=True, slots=True)
class Found:
    """One message where it was found."""

    folder: str
    where: str
    data: bytes
    flags: tuple[str, ...]
    internaldate: int
    read: int
    """How much of the source it took, for the progress bar."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that cannot be imported."""

    where: str
    reason: str
    read: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file or a Maildir, and the folder its messages go to; a kind that is none of ours says what is wrong."""

    kind: str
    path: Path
    folder: str
    size: int


def find_sources(path: Path, folder: str = INBOX) -> list[Source]:
    """Return what there is to import at a path, in a steady order."""
    if path.is_dir():
        return [*_in_directory(path, folder, [])]
    return [_file(path, folder)]


def _in_directory(path: Path, folder: str, levels: list[str]) -> Iterator[Source]:
    """Walk a directory: a Maildir with its subfolders, or files, and directories that are folders."""
    here = _join(folder, levels)
    is_maildir = (path / "cur").is_dir()
    if is_maildir:
        names = [path / part / name for part in ("new", "cur") for name in _names(path / part)]
        yield Source("maildir", path, here, sum(_size(name) for name in names))
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        yield Source(f"{UNREADABLE}: {error.strerror}", path, here, 0)
        return
    for entry in entries:
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            if is_maildir and name in {"cur", "new", "tmp"}:
                continue
            below = Path(entry.path)
            if name.startswith("."):
                if (below / "cur").is_dir():  # Maildir++: .Archive.2026 is Archive/2026.
                    yield from _in_directory(below, folder, [*levels, *_maildir_levels(name[1:])])
            else:
                yield from _in_directory(below, folder, [*levels, _text(name.removesuffix(".sbd"))])
        elif not is_maildir and entry.is_file() and not name.startswith(".") and not name.endswith(".msf"):
            source = _file(Path(entry.path), here)
            if source.kind == "mbox":
                own = _text(Path(name).stem if name.endswith((".mbox", ".mbx")) else name)
                inbox = own.lower() == "inbox" and not levels
                source = Source(
                    "mbox", source.path, folder if inbox else _join(folder, [*levels, own]), source.size
                )
            yield source


def _file(path: Path, folder: str) -> Source:
    try:
        with path.open("rb") as stream:
            kind = "mbox" if is_separator(stream.readline(1000)) else "eml"
    except OSError as error:
        kind = f"{UNREADABLE}: {error.strerror}"
    return Source(kind, path, folder, _size(path))


def _join(folder: str, levels: list[str]) -> str:
    if folder == INBOX and levels:
        return "/".join(levels)
    return "/".join([folder, *levels])


def _maildir_levels(name: str) -> list[str]:
    levels = []
    for level in name.split("."):
        try:
            levels.append(utf7.decode(os.fsencode(level)))
        except ProtocolError:
            levels.append(_text(level))
    return levels


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _names(directory: Path) -> list[str]:
    """Return the files of one directory in the order of their delivery."""
    try:
        with os.scandir(directory) as entries:
            return sorted((entry.name for entry in entries if not entry.name.startswith(".")), key=_delivered)
    except FileNotFoundError:
        return []


_STAMP = re.compile(r"(\d{9,10})\.")


def _delivered(name: str) -> tuple[int, str]:
    match = _STAMP.match(name)
    return (int(match[1]) if match else 0, name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read(source: Source, *, limit: int) -> Iterator[Found | Left]:
    """Yield the messages of a source, one at a time."""
    match source.kind:
        case "mbox":
            return _read_mbox(source, limit)
        case "maildir":
            return _read_maildir(source, limit)
        case "eml":
            return _read_eml(source, limit)
        case wrong:
            return iter([Left(str(source.path), wrong, 0)])


def _read_mbox(source: Source, limit: int) -> Iterator[Found | Left]:
    with source.path.open("rb") as stream:
        modified = int(source.path.stat().st_mtime)
        read_before = 0
        for item in read_mbox(stream, limit=limit):
            where = f"{source.path} at byte {item.offset}"
            taken, read_before = item.offset + item.size - read_before, item.offset + item.size
            if item.data is None:
                yield Left(where, TOO_LARGE, taken)
                continue
            date = from_line_date(item.from_line)
            if date is None:
                date = header_date(item.data, modified)
            yield Found(source.folder, where, item.data, mbox_flags(item.data), date, taken)


_MAILDIR_FLAGS = {
    "S": "\\Seen",
    "R": "\\Answered",
    "F": "\\Flagged",
    "T": "\\Deleted",
    "D": "\\Draft",
    "P": "$Forwarded",
}


def _read_maildir(source: Source, limit: int) -> Iterator[Found | Left]:
    letters = _dovecot_keywords(source.path)
    for part in ("cur", "new"):
        for name in _names(source.path / part):
            path = source.path / part / name
            found = _read_file(path, limit)
            if isinstance(found, Left):
                yield found
                continue
            data, modified = found
            flags = [
                letters.get(letter, "") if letter.islower() else _MAILDIR_FLAGS.get(letter, "")
                for letter in _info(name)
            ]
            # A copy of a Maildir may have lost its times; the name still tells when the file was made.
            stamp = _delivered(name)[0]
            date = min(modified, stamp) if stamp else modified
            yield Found(
                source.folder, str(path), data, tuple(flag for flag in flags if flag), date, len(data)
            )


def _info(name: str) -> str:
    """Return the flag letters of a Maildir name; some systems put another character for the colon."""
    for mark in (":2,", ";2,", "!2,"):
        if mark in name:
            return name.rpartition(mark)[2][:60]
    return ""


def _dovecot_keywords(path: Path) -> dict[str, str]:
    """Read what the letters a to z stand for: lines of `0 $Junk`."""
    try:
        lines = (path / "dovecot-keywords").read_text("utf-8", "replace").splitlines()[:26]
    except OSError:
        return {}
    pairs = [line.split(" ", 1) for line in lines if " " in line]
    return {
        chr(ord("a") + int(number)): name
        for number, name in pairs
        if number.isdecimal() and int(number) < 26 and [*keywords([name])]
    }


def _read_eml(source: Source, limit: int) -> Iterator[Found | Left]:
    found = _read_file(source.path, limit)
    if isinstance(found, Left):
        yield found
        return
    data, modified = found
    if not source.path.name.lower().endswith(".eml") and not header_end(data):
        yield Left(str(source.path), NOT_MAIL, len(data))
        return
    yield Found(
        source.folder, str(source.path), data, mbox_flags(data), header_date(data, modified), len(data)
    )


def _read_file(path: Path, limit: int) -> tuple[bytes, int] | Left:
    """Return a file's bytes and when it was modified."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > limit:
                return Left(str(path), TOO_LARGE, status.st_size)
            return stream.read(limit), int(status.st_mtime)
    except OSError as error:
        return Left(str(path), f"{UNREADABLE}: {error.strerror}", 0)


def header_date(data: bytes, otherwise: int) -> int:
    """Return when a message arrived by its topmost Received field, else when it was written, else `otherwise`."""
    header = data[: header_end(data)]
    for received in every(header, b"Received")[:1]:
        date = parse_date(received.rpartition(b";")[2])
        if date is not None:
            return date
    written = first(header, b"Date")
    date = parse_date(written) if written else None
    return otherwise if date is None else date
