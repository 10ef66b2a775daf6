"""LIST and LSUB (RFC 3501 6.3.8, 6.3.9, RFC 5258, RFC 5819, RFC 6154)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap import responses, utf7
from apps.protocols.imap.listing import Entry, Listed, list_entries, lsub_entries
from apps.store.queries import FolderFacts
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client

from .status import status_line


async def list_folders(client: Client, command: c.List) -> Answer:
    """Name the folders that match, with the status of each where it is asked for."""
    rows = {row.name: row for row in await client.folders()}
    asked = "SUBSCRIBED" in command.select | command.returns
    listed = _listed(rows, await client.subscribed() if asked else set())
    for entry in list_entries(listed, command):
        client.send(_line(b"LIST", entry))
        if command.status and entry.exists:
            client.send(status_line(client, rows[entry.name], command.status))
    return DONE


async def list_subscribed(client: Client, command: c.Lsub) -> Answer:
    """Name the folders the user has subscribed to."""
    rows = {row.name: row for row in await client.folders()}
    for entry in lsub_entries(_listed(rows, await client.subscribed()), command):
        client.send(_line(b"LSUB", entry))
    return DONE


def _listed(rows: dict[str, FolderFacts], subscribed: set[str]) -> list[Listed]:
    there = [Listed(row.name, row.special_use, row.name in subscribed) for row in rows.values()]
    return there + [Listed(name, subscribed=True, exists=False) for name in subscribed - rows.keys()]


def _line(verb: bytes, entry: Entry) -> bytes:
    return responses.list_line(entry.attributes, utf7.encode(entry.name), verb=verb, extended=entry.extended)
