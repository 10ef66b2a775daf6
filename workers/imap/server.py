"""What the clients of one process share: the store, the open folders, the limits, and who is connected."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings

from apps.accounts.services import sessions
from apps.mailboxes.models import Mailbox
from apps.protocols.imap.budget import Budget
from apps.protocols.imap.folder import FolderState, names_of
from apps.protocols.imap.responses import FlagTable
from apps.store.folder_cache import FolderCaches
from apps.store.packs import PackCache
from apps.store.queries import Reader
from workers.bridge import db
from workers.lifecycle import Process

from .client import Client
from .connection import Connection
from .faults import LOST_DATABASE
from .writer import Writer

log = logging.getLogger(__name__)

BEFORE_LOGIN = b"IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE"
SASL = b" AUTH=PLAIN AUTH=LOGIN"
AFTER_LOGIN = (
    BEFORE_LOGIN + b" CHILDREN CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS MOVE NAMESPACE SPECIAL-USE"
    b" CREATE-SPECIAL-USE STATUS=SIZE UIDPLUS UNSELECT"
)
INPUT_BYTES = 64 * 1024
TICK_SECONDS = 5
ACCESS_SECONDS = 5
"""How long a user who was disabled may stay."""


class Server:
    """One IMAP process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.database = process.database
        profile = settings.PROFILE
        self.caches = FolderCaches(process.database, process.hints, limit_bytes=profile.folder_cache_bytes)
        self.reader = Reader(process.database, PackCache(profile.pack_cache_bytes))
        self.writer = Writer(process.database)
        self.max_message: int = settings.MAIL_MAX_MESSAGE_BYTES
        self.timeout: float = settings.MAIL_IMAP_TIMEOUT
        self.login_timeout: float = settings.MAIL_IMAP_LOGIN_TIMEOUT
        self.budget = Budget(settings.MAIL_IMAP_FILING_BYTES)
        self.input = memoryview(bytearray(INPUT_BYTES))
        self.connections: set[Connection] = set()
        self._tables: dict[int, FlagTable] = {}
        self._more: dict[int, tuple[Mapping[int, tuple[str, ...]], tuple[str, ...]]] = {}

    def connect(self, *, secure: bool) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, secure=secure)

    def enter(self, connection: Connection, host: str) -> bool:
        """Count a connection in, unless there are too many."""
        if not self.process.connections.enter(connection, host):
            return False
        self.connections.add(connection)
        return True

    def leave(self, connection: Connection) -> None:
        """Count a connection out."""
        self.connections.discard(connection)
        self.process.connections.leave(connection)

    def capabilities(self, client: Client) -> bytes:
        """Return what a client may use now."""
        if client.user is not None:
            return b"%b APPENDLIMIT=%d" % (AFTER_LOGIN, self.max_message)
        if client.secure:
            return BEFORE_LOGIN + SASL
        return BEFORE_LOGIN + b" STARTTLS" + (SASL if settings.MAIL_PLAINTEXT_AUTH else b" LOGINDISABLED")

    def greeting(self, client: Client) -> bytes:
        """Return the first line a client reads."""
        names = self.capabilities(client)
        return b"* OK [CAPABILITY %b] %b ready\r\n" % (
            names,
            settings.MAIL_HOSTNAME.encode("ascii", "replace"),
        )

    def flag_table(self, state: FolderState) -> FlagTable:
        """Return the mailbox's flags as clients read them, one table for all who look."""
        table = self._tables.get(state.mailbox_id)
        if table is None or table.names[6:] != state.names[6:]:
            if len(self._tables) > 1000:
                self._tables.clear()
            table = self._tables[state.mailbox_id] = FlagTable(state.names)
        return table

    def more_names(self, state: FolderState) -> tuple[str, ...]:
        """Return the keywords of a folder that have no bit, counted once for all who look."""
        if not state.more:
            return ()
        known = self._more.get(state.folder_id)
        if known is None or known[0] is not state.more:
            if len(self._more) > 1000:
                self._more.clear()
            known = self._more[state.folder_id] = (state.more, names_of(state.more))
        return known[1]

    async def watch_clients(self) -> None:
        """Let go of silent and stalled clients, for ever."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.connections):
                connection.tick(now)

    async def watch_access(self) -> None:
        """Cut off those whose access was revoked, for ever."""
        while True:
            await asyncio.sleep(ACCESS_SECONDS)
            try:
                await self.check_access()
            except LOST_DATABASE as error:
                log.warning("not known who may stay", extra={"error": type(error).__name__})
            except Exception:
                log.exception("could not check who may stay")

    async def check_access(self) -> None:
        """Cut off whose session has ended, or whose mailbox was disabled."""
        signed_in = [
            c for c in self.connections if c.client.user is not None and c.client.mailbox is not None
        ]
        if not signed_in:
            return
        live, open_mailboxes = await db(
            _still_there,
            {c.client.signed_in.session_id for c in signed_in},
            {c.client.opened.mailbox_id for c in signed_in},
        )
        for connection in signed_in:
            client = connection.client
            if client.signed_in.session_id not in live:
                connection.bye(b"Access revoked")
            elif open_mailboxes.get(client.opened.mailbox_id) is not client.opened.private_seen:
                # Disabled; or its read marks are kept in another way now, which a new session will find.
                connection.bye(b"Access revoked")


def _still_there(
    session_ids: Iterable[UUID | None], mailbox_ids: Iterable[int]
) -> tuple[set[UUID], dict[int, bool]]:
    live = sessions.still_live([session_id for session_id in session_ids if session_id is not None])
    active = Mailbox.objects.filter(id__in=mailbox_ids, is_active=True)
    return live, dict(active.values_list("id", "private_seen"))
