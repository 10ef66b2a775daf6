"""Folders by name and by subscription, as LIST, SELECT and the like ask for them."""

from . import sql_listing as sql
from .queries import Reader
from .values import FolderRef


async def find(reader: Reader, mailbox_id: int, name: str) -> FolderRef | None:
    """Return the folder of this name."""
    rows = await reader.rows(sql.FOLDER_BY_NAME, [mailbox_id, name])
    return FolderRef(mailbox_id, rows[0][0]) if rows else None


async def subscribed(reader: Reader, mailbox_id: int, user_id: int) -> set[str]:
    """Return the names a user has subscribed to, those of deleted folders among them."""
    return {row[0] for row in await reader.rows(sql.SUBSCRIBED, [mailbox_id, user_id])}
