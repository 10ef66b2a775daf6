"""The files of a message, those in archives among them: what they are, and what they pretend to be."""

import re
from dataclasses import dataclass, field

from apps.protocols.mime.sniff import ENOUGH, sniff
from apps.spam.reading import Part, Reading

from .archives import Contents, Unpacker
from .catalogue import Found
from .files import EXECUTABLE, RUNS, extension, is_double, is_padded, is_reversed, kind_of_name, lies
from .macros import Macros, holds, is_encrypted

MOST_FILES = 100
MOST_BYTES = 32 * 1024 * 1024
_PDF_LAUNCHES = re.compile(rb"/(?:JavaScript|JS|Launch)\b")
_RTF_OBJECT = re.compile(rb"\\objdata|\\objocx|\\objupdate|\\ddeauto", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message, or in an archive of it."""

    path: str
    name: str
    kind: str
    """By its name: program, script, shortcut, disk image, page, archive, office ...; '' where nobody can tell."""
    declared: str = ""
    sniffed: str = ""
    is_inside: bool = False
    """Whether it lies in an archive."""
    macros: Macros = Macros.NONE

    @property
    def extension(self) -> str:
        """What Windows takes for its extension."""
        return extension(self.name)

    @property
    def runs(self) -> bool:
        """Whether a double click runs it."""
        return self.kind in RUNS or self.sniffed in EXECUTABLE


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a message, as far as they were looked at."""

    files: tuple[File, ...] = ()
    contents: Contents = field(default_factory=Contents)
    missing: tuple[tuple[str, str], ...] = ()
    """What could not be looked at."""

    @property
    def encrypted(self) -> tuple[str, ...]:
        """Paths of what opens with a password alone."""
        return tuple(self.contents.encrypted)


NO_FILES = Files()


class _Looker:
    """Looks at the files of one message."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self.unpacker = Unpacker(office=self._office)
        self.macros: dict[str, Macros] = {}
        self.missing: dict[tuple[str, str], None] = {}
        self.left = MOST_BYTES

    def look(self, part: Part) -> None:
        data = part.data(self.left) if self.left > 0 else b""
        self.left -= len(data)
        name = part.filename or part.type.replace("/", ".")
        sniffed = sniff(data[:ENOUGH])
        kind = kind_of_name(part.filename)
        if self.unpacker.open(name, data):
            kind = kind or "archive"
        elif kind in {"office", "macro office"} or sniffed == "application/x-ole-storage":
            self._office(name, data)
        self.files.append(
            File(name, part.filename, kind, part.type, sniffed, macros=self.macros.get(name, Macros.NONE))
        )

    def _office(self, path: str, data: bytes) -> None:
        if is_encrypted(data):
            self.unpacker.contents.encrypted.append(path)
        found = holds(data)
        if found is Macros.UNKNOWN:
            self.missing["macros", path[:100]] = None
        elif found is not Macros.NONE:
            self.macros[path] = found

    def done(self) -> Files:
        contents = self.unpacker.contents
        inside = [
            File(
                member.path, member.name, kind_of_name(member.name), "", member.sniffed, is_inside=True,
                macros=self.macros.get(member.path, Macros.NONE),
            )
            for member in contents.members
        ]  # fmt: skip
        return Files((*self.files, *inside), contents, tuple(self.missing))


def files_of(reading: Reading) -> Files:
    """Look at every file of a message."""
    parts = [part for part in reading.parts if part.is_attachment or not part.type.startswith("text/")]
    if not parts:
        return NO_FILES
    looker = _Looker()
    for part in parts[:MOST_FILES]:
        looker.look(part)
    return looker.done()


def examine_files(reading: Reading, files: Files, found: Found) -> None:
    """Turn what was seen in files into symbols."""
    for file in files.files:
        _name(file, found)
        _kind(file, found)
    contents = files.contents
    if contents.encrypted:
        found.add("ARCHIVE_ENCRYPTED", contents.encrypted[0])
    if contents.unreadable:
        found.add("ARCHIVE_UNREADABLE", contents.unreadable[0])
    if contents.bombs:
        found.add("ARCHIVE_BOMB", contents.bombs[0])
    if contents.depth > 2:
        found.add("ARCHIVE_NESTED", str(contents.depth))
    _pages(reading, found)
    _documents(reading, found)
    if reading.attachments and not reading.text.strip() and not reading.images:
        found.add("FILE_ONLY", reading.attachments[0].filename)


def _name(file: File, found: Found) -> None:
    if is_reversed(file.name):
        found.add("FILE_NAME_REVERSED", file.path)
    if is_double(file.name):
        found.add("FILE_DOUBLE_EXTENSION", file.path)
    if is_padded(file.name):
        found.add("FILE_NAME_PADDED", file.path)


_BY_KIND = {"program": "FILE_PROGRAM", "script": "FILE_SCRIPT", "shortcut": "FILE_SHORTCUT", "disk image": "FILE_DISK_IMAGE",
            "note": "FILE_ONENOTE"}  # fmt: skip


def _kind(file: File, found: Found) -> None:
    if file.sniffed in EXECUTABLE and lies(file.name, file.declared, file.sniffed):
        found.add("FILE_PROGRAM_IN_DISGUISE", file.path)
    elif lies(file.name, file.declared, file.sniffed):
        found.add("FILE_TYPE_LIES", f"{file.path}: {file.sniffed}")
    if file.runs and file.is_inside:
        # Sources of programs travel in archives, too.
        if extension(file.name) not in _SOURCES:
            found.add("ARCHIVE_PROGRAM", file.path)
    elif file.kind in _BY_KIND:
        if extension(file.name) not in _SOURCES:
            found.add(_BY_KIND[file.kind], file.path)
    elif file.sniffed in EXECUTABLE:
        found.add("FILE_PROGRAM", file.path)
    if file.macros is Macros.START:
        found.add("FILE_MACRO_STARTS_ITSELF", file.path)
    elif file.macros is Macros.SOME:
        found.add("FILE_MACRO", file.path)


_SOURCES = frozenset(
    {"py", "sh", "js", "inf", "reg", "desktop", "vba", "deb", "rpm", "jar", "url", "sys", "dll"}
)
"""What runs by a double click somewhere, and is sent around by people who write programs."""


def _pages(reading: Reading, found: Found) -> None:
    page = next(
        (
            part
            for part in reading.attachments
            if part.type == "text/html" or kind_of_name(part.filename) == "page"
        ),
        None,
    )
    if page is None:
        return
    found.add("FILE_HTML", page.filename)
    facts = reading.attached_html
    if facts.scripts or facts.handlers or facts.passwords or facts.refreshes:
        found.add("FILE_HTML_ACTS", page.filename)


def _documents(reading: Reading, found: Found) -> None:
    for part in reading.attachments[:20]:
        name = extension(part.filename)
        if name == "pdf" or part.type == "application/pdf":
            data = part.data(2 * 1024 * 1024)
            if _PDF_LAUNCHES.search(data):
                found.add("FILE_PDF_ACTS", part.filename)
        elif (
            (name in {"rtf", "doc"} or part.type.endswith("rtf"))
            and part.data(6).startswith(b"{\\rt")
            and _RTF_OBJECT.search(part.data(2 * 1024 * 1024))
        ):
            found.add("FILE_OBJECT_IN_TEXT", part.filename)
