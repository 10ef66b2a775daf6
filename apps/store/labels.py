"""The keywords of a mailbox, which people know as labels."""

from apps.events.transactions import ask, query

from .sql import lists


def labels_of(mailbox_id: int) -> list[str]:
    """Return the names of every keyword a mailbox knows, whether or not a message has it now."""
    return [name for _, name in ask(query(lists.KEYWORDS, [mailbox_id]))]
