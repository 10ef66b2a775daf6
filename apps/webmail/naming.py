"""What folders are called on the page, and which keywords are labels."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.mailflow.refile import is_label
from apps.store.folder_tree import FolderRow

# By special use, or INBOX: what it is called, and its icon.
USUAL: dict[str, tuple[Promise, str]] = {
    "INBOX": (_("Inbox"), "inbox"),
    "\\Flagged": (_("Starred"), "star"),
    "\\Drafts": (_("Drafts"), "file-pen"),
    "\\Sent": (_("Sent"), "send"),
    "\\Archive": (_("Archive"), "archive"),
    "\\All": (_("All mail"), "mails"),
    "\\Junk": (_("Spam"), "octagon-alert"),
    "\\Trash": (_("Bin"), "trash-2"),
}

# What programs say to each other by keywords that look like labels.
MACHINES = frozenset({"nonjunk", "notjunk", "junk", "forwarded", "mdnsent", "redirected", "recent"})


@dataclass(frozen=True, slots=True)
class Named:
    """A folder as the page shows it; `use` is empty for one that somebody made."""

    id: int
    use: str
    name: str
    label: str | Promise
    icon: str
    depth: int
    unread: int
    messages: int

    @property
    def badge(self) -> int:
        """The number beside its name: what is unread, or in Drafts what is there."""
        return self.messages if self.use == "\\Drafts" else 0 if self.use == "\\Trash" else self.unread

    @property
    def names_recipients(self) -> bool:
        """Whether its rows say whom a message is for, not who sent it."""
        return self.use in {"\\Sent", "\\Drafts"}


def named(row: FolderRow) -> Named:
    """Return a folder with the name its reader knows it by."""
    use = "INBOX" if row.name == "INBOX" else row.special_use if row.special_use in USUAL else ""
    label, icon = USUAL.get(use, (row.label, "folder"))
    return Named(row.id, use, row.name, label, icon, row.depth, row.unread, row.messages)


def is_shown(keyword: str) -> bool:
    """Whether a keyword is a label somebody gave."""
    return is_label(keyword) and keyword.lower() not in MACHINES
