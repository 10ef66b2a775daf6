"""SELECT and EXAMINE (RFC 3501 6.3.1, 6.3.2, RFC 7162 3.1.8)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap.view import View
from workers.imap.answers import NO_SUCH_FOLDER, Answer, ok
from workers.imap.client import Client


async def select(client: Client, command: c.Select) -> Answer:
    """Open a folder; whatever was open before is closed, even if this fails."""
    if client.ref is not None:
        client.unselect()
        client.send(b"* OK [CLOSED] Previous mailbox closed\r\n")
    ref = await client.find(command.name)
    caches = client.server.caches
    state = await client.current(ref, check=True) if ref is not None else None
    if ref is None or state is None:
        return NO_SUCH_FOLDER
    client.condstore |= command.condstore
    recent_from = await caches.claim_recent(state, read_only=command.read_only)
    view = View(state, user_id=client.signed_in.user_id, recent_from=recent_from, read_only=command.read_only)
    client.select(ref, view)
    client.send(client.flag_lines())
    client.send(b"* %d EXISTS\r\n* %d RECENT\r\n" % (view.exists, view.recent))
    if unseen := state.first_unseen():
        client.send(b"* OK [UNSEEN %d] First unseen message\r\n" % unseen)
    client.send(
        b"* OK [UIDVALIDITY %d] UIDs valid\r\n* OK [UIDNEXT %d] Predicted next UID\r\n"
        b"* OK [HIGHESTMODSEQ %d] Highest mod-sequence\r\n" % (state.uidvalidity, state.uidnext, state.modseq)
    )
    return ok(b"Selected", b"READ-ONLY" if view.read_only else b"READ-WRITE")
