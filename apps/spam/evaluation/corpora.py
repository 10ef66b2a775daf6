"""Labelled mail from outside: folders of one message a file, mboxes, Maildirs and tarballs of any of these.

A label is the name of a folder on the way to a message, the last one that is a label: `ham/` or `spam/`, `phish/`.
"""

import contextlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from apps.protocols.mime.mbox import read_mbox

HAM = frozenset({"ham", "good", "inbox", "legit", "nonspam"})
SPAM = frozenset({"spam", "phish", "phishing", "junk", "malware"})
SIZE_LIMIT = 50 * 1024 * 1024
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tzst")
_OTHERS = frozenset({"source.txt", "readme.txt", "readme.md", "readme", "license.txt", "license", "cmds"})
_OTHER_ENDS = (".jsonl", ".json", ".md", ".py", ".sh", ".csv", ".tsv", ".toml")


class CorpusError(Exception):
    """A place holds no labelled mail, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message, where it was found, and what people said about it: ham, spam or phish."""

    file: str
    label: str
    raw: bytes

    @property
    def is_spam(self) -> bool:
        """Whether it is unwanted."""
        return self.label != "ham"


def read_corpus(path: Path) -> Iterator[Labelled]:
    """Give the labelled messages of a place, folders in the order of names."""
    if path.is_dir():
        yield from _folder(path)
    elif path.name.lower().endswith(_ARCHIVES):
        yield from _tarball(path)
    elif path.is_file():
        with path.open("rb") as stream:
            yield from _file(str(path), stream)
    else:
        raise CorpusError(f"{path}: there is no such file or folder")


def count_corpus(path: Path) -> int | None:
    """Return about how many messages a place holds, for a progress bar; None: nobody knows before reading."""
    return sum(1 for _ in _files(path)) if path.is_dir() else None


def label_of(path: str) -> str | None:
    """Return the label a path names, or None."""
    for name in reversed(PurePosixPath(path).parts[:-1]):
        word = name.lower().removeprefix(".")
        if word in HAM:
            return "ham"
        if word in SPAM:
            return "phish" if word.startswith("phish") else "spam"
    stem = PurePosixPath(path).name.lower().partition(".")[0]
    return "ham" if stem in HAM else "spam" if stem in SPAM else None


def _files(path: Path) -> Iterator[Path]:
    for folder, _, names in sorted((f, d, n) for f, d, n in path.walk()):
        for name in sorted(names):
            if not _is_other(name):
                yield folder / name


def _is_other(name: str) -> bool:
    low = name.lower()
    return low.startswith(".") or low in _OTHERS or low.endswith(_OTHER_ENDS)


def _folder(path: Path) -> Iterator[Labelled]:
    found = False
    for file in _files(path):
        name = str(file)
        if file.name.lower().endswith(_ARCHIVES):
            inside = _tarball(file)
        elif label_of(name) is None:
            continue
        else:
            with file.open("rb") as stream:
                inside = iter(list(_file(name, stream)))
        for one in inside:
            found = True
            yield one
    if not found:
        raise CorpusError(f"{path}: no message below a folder named ham, spam or phish")


def _file(name: str, stream: IO[bytes]) -> Iterator[Labelled]:
    """Give the message in a file, or those in a mbox."""
    label = label_of(name)
    if label is None:
        return
    head = stream.read(5)
    whole = io.BytesIO(head + stream.read(SIZE_LIMIT * 20))
    if head == b"From " and _is_mbox(whole):
        for number, item in enumerate(read_mbox(cast("BinaryIO", whole), limit=SIZE_LIMIT), 1):
            if item.data:
                yield Labelled(f"{name}#{number}", label, item.data)
    else:
        yield Labelled(name, label, whole.getvalue()[:SIZE_LIMIT])


def _is_mbox(whole: io.BytesIO) -> bool:
    """Whether more than one message is inside; a single one with a mbox line on top is read as it stands."""
    return b"\n\nFrom " in whole.getbuffer().tobytes() or b"\r\n\r\nFrom " in whole.getbuffer().tobytes()


def _tarball(path: Path) -> Iterator[Labelled]:
    try:
        with contextlib.ExitStack() as stack:
            if path.name.lower().endswith((".zst", ".tzst")):
                unpacked = stack.enter_context(_unpacked(path))
                archive = stack.enter_context(tarfile.open(fileobj=unpacked, mode="r|"))
            else:
                archive = stack.enter_context(tarfile.open(path, mode="r|*"))
            for member in archive:
                if member.isfile() and not _is_other(PurePosixPath(member.name).name):
                    content = archive.extractfile(member)
                    if content is not None:
                        yield from _file(member.name, content)
    except (tarfile.TarError, OSError) as error:
        raise CorpusError(f"{path}: cannot be read ({error})") from error


@contextlib.contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Give what a .zst file holds, by the program of that name, which every system has in its packages."""
    try:
        process = subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE)
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: the program zstd is not installed") from error
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.stdout.close()
        process.wait()
