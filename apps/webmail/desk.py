"""What a reader sits at: a mailbox, the others they may open, its folders and labels."""

from dataclasses import dataclass

from apps.mailboxes.queries import Reachable
from apps.mailflow.refile import Hand
from apps.store.folder_tree import shelves

from .naming import Named, is_shown, named


@dataclass(frozen=True, slots=True)
class Desk:
    """A mailbox that is open, who sits at it, and every mailbox they may open."""

    mailbox: Reachable
    all: tuple[Reachable, ...]
    user_id: int

    @property
    def mailbox_id(self) -> int:
        """The open mailbox."""
        return self.mailbox.mailbox_id

    @property
    def eyes(self) -> int:
        """The user whose read marks count, 0 where they are everybody's."""
        return self.user_id if self.mailbox.private_seen else 0

    @property
    def hand(self) -> Hand:
        """Whose hand moves messages."""
        return Hand(self.mailbox_id, self.user_id, self.mailbox.private_seen)

    @property
    def may_write(self) -> bool:
        """Whether messages may be moved and marked."""
        return "write" in self.mailbox.rights

    @property
    def may_send(self) -> bool:
        """Whether letters may be written."""
        return "send" in self.mailbox.rights

    @property
    def percent(self) -> int:
        """How much of the quota is used, in percent; 0 without one."""
        quota = self.mailbox.quota_bytes
        return min(100, 100 * self.mailbox.used_bytes // quota) if quota else 0


@dataclass(frozen=True, slots=True)
class Tree:
    """The folders of a mailbox, the usual ones and its owner's, and its labels."""

    usual: tuple[Named, ...]
    own: tuple[Named, ...]
    labels: tuple[str, ...]

    @property
    def all(self) -> tuple[Named, ...]:
        """Every folder in the order it is shown."""
        return self.usual + self.own

    @property
    def inbox(self) -> Named | None:
        """The inbox."""
        return self.special("INBOX")

    @property
    def is_blank(self) -> bool:
        """Whether no message ever came, or none is left."""
        return not any(folder.messages for folder in self.all)

    def find(self, folder_id: int) -> Named | None:
        """Return a folder by its id."""
        return next((folder for folder in self.all if folder.id == folder_id), None)

    def special(self, use: str) -> Named | None:
        r"""Return the folder of a special use, or INBOX."""
        return next((folder for folder in self.usual if folder.use == use), None)


def tree_of(desk: Desk) -> Tree:
    """Return the open mailbox's folders and labels."""
    found = shelves(desk.mailbox_id, user_id=desk.eyes)
    folders = [named(row) for row in found.folders]
    labels = sorted(filter(is_shown, found.keywords), key=str.casefold)
    return Tree(
        tuple(folder for folder in folders if folder.use),
        tuple(folder for folder in folders if not folder.use),
        tuple(labels),
    )
