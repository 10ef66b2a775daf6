"""The folders of a mailbox as a person sees them: the usual ones first, then the others by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import Row, ask, query

from .services.folders import INBOX, SEPARATOR
from .sql import lists, seen
from .sql import reading as sql
from .values import FolderRef

FIRST = ("\\Flagged", "\\Drafts", "\\Sent", "\\Archive", "\\All", "\\Junk", "\\Trash")


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder with its counters; `parent` is the name of the folder above, which may not exist."""

    id: int
    name: str
    special_use: str
    messages: int
    unread: int
    size: int
    modseq: int
    uidvalidity: int

    @property
    def label(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(SEPARATOR)[2]

    @property
    def parent(self) -> str:
        """What is above it, or ""."""
        return self.name.rpartition(SEPARATOR)[0]

    @property
    def depth(self) -> int:
        """How many folders are above it."""
        return self.name.count(SEPARATOR)


@dataclass(frozen=True, slots=True)
class Shelves:
    """What a mailbox is divided into: folders, and the keywords that people know as labels, in use or not."""

    folders: list[FolderRow]
    keywords: tuple[str, ...]


def folder_tree(mailbox_id: int, *, user_id: int = 0) -> list[FolderRow]:
    """Return the folders of a mailbox, those below another right after it.

    `user_id` is given where the mailbox keeps read marks for each member.
    """
    plan = query(seen.FOLDERS, [user_id, mailbox_id]) if user_id else query(sql.FOLDERS, [mailbox_id])
    return _placed(ask(plan))


def shelves(mailbox_id: int, *, user_id: int = 0) -> Shelves:
    """Return the same with the mailbox's keywords, in one statement."""
    if user_id:
        rows = ask(query(lists.MY_FOLDERS_AND_KEYWORDS, [mailbox_id, user_id, mailbox_id]))
    else:
        rows = ask(query(lists.FOLDERS_AND_KEYWORDS, [mailbox_id, mailbox_id]))
    return Shelves(_placed([row[:9] for row in rows]), tuple(rows[0][9]) if rows else ())


def _placed(found: Sequence[Row]) -> list[FolderRow]:
    rows = [
        FolderRow(folder_id, name, special_use, messages, unread, size, modseq, uidvalidity)
        for folder_id, name, special_use, uidvalidity, _, modseq, messages, unread, size in found
    ]
    uses = {row.name: row.special_use for row in rows}

    def place(row: FolderRow) -> tuple[tuple[int, str], ...]:
        levels = row.name.split(SEPARATOR)
        names = [SEPARATOR.join(levels[: n + 1]) for n in range(len(levels))]
        return tuple((_rank(name, uses.get(name, "")), name.casefold()) for name in names)

    return sorted(rows, key=place)


def _rank(name: str, special_use: str) -> int:
    if name == INBOX:
        return 0
    return 1 + FIRST.index(special_use) if special_use in FIRST else len(FIRST) + 1


def folder_of(mailbox_id: int, folder_id: int) -> FolderRef | None:
    """Return a folder if the mailbox has it."""
    rows = ask(query(lists.HAS_FOLDER, [mailbox_id, folder_id]))
    return FolderRef(mailbox_id, folder_id) if rows else None


def special_folder(mailbox_id: int, special_use: str) -> FolderRef | None:
    r"""Return the folder of a special use (`\Sent`), if the mailbox has one."""
    rows = ask(query(lists.BY_SPECIAL_USE, [mailbox_id, special_use]))
    return FolderRef(mailbox_id, rows[0][0]) if rows else None
