"""One client as the handlers see it: who it is, what it has selected, and how to talk to it."""

import asyncio
import base64
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from apps.accounts.authentication import SignedIn
from apps.protocols.imap import responses
from apps.protocols.imap.events import IdleDone, SaslResponse
from apps.protocols.imap.folder import FolderState, as_ranges
from apps.protocols.imap.responses import FlagTable
from apps.protocols.imap.session import Phase, Session
from apps.protocols.imap.view import Silent, View
from apps.store import listing
from apps.store.queries import FolderFacts
from apps.store.values import FolderRef

from .faults import LOST_DATABASE

if TYPE_CHECKING:
    from .connection import Connection
    from .server import Server

log = logging.getLogger(__name__)

FLUSH_BYTES = 64 * 1024
WRITE_BYTES = 64 * 1024
"""TLS keeps a buffer as large as the largest piece it was ever given, for each connection."""

type Heard = SaslResponse | IdleDone | None


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """The mailbox a user reads."""

    mailbox_id: int
    organisation_id: int
    private_seen: bool = False
    """Whether read marks are each member's own."""


class ClientGone(Exception):  # noqa: N818
    """The client hung up while its command was carried out; nobody is left to answer."""


class FolderGone(Exception):  # noqa: N818
    """The selected folder was deleted by someone else."""


class Client:
    """A connection's state above the protocol's; small, for most clients are idle."""

    __slots__ = (
        "_folder_gone",
        "_gone",
        "_inbox",
        "_out",
        "_out_bytes",
        "_unwatch",
        "_waiter",
        "condstore",
        "connection",
        "idling",
        "mailbox",
        "more_names",
        "peer",
        "ref",
        "secure",
        "server",
        "session",
        "software",
        "table",
        "tag",
        "unfinished",
        "user",
        "view",
    )

    def __init__(self, server: "Server", connection: "Connection", *, peer: str, secure: bool) -> None:
        self.server = server
        self.connection = connection
        self.session = Session(max_message=server.max_message, budget=server.budget)
        self.peer = peer
        self.secure = secure
        self.software = ""
        self.user: SignedIn | None = None
        self.mailbox: OpenMailbox | None = None
        self.ref: FolderRef | None = None
        self.view: View | None = None
        self.table: FlagTable | None = None
        self.more_names: tuple[str, ...] = ()
        self.condstore = False
        self.tag = b""
        # The middle of a line was sent, and nothing but its end may follow.
        self.unfinished = False
        self._out: list[bytes] = []
        self._out_bytes = 0
        self.idling = False
        self._inbox: list[Heard] = []
        self._gone = self._folder_gone = False
        self._waiter: asyncio.Future[None] | None = None
        self._unwatch: Callable[[], None] | None = None

    # --- who it is -------------------------------------------------------------------------------------
    @property
    def signed_in(self) -> SignedIn:
        """The user; the session's table lets no other command come here before."""
        assert self.user is not None
        return self.user

    @property
    def opened(self) -> OpenMailbox:
        """The mailbox of a user who is signed in."""
        assert self.mailbox is not None
        return self.mailbox

    @property
    def marks_of(self) -> int:
        """The user whose read marks count in the mailbox; 0 where they are the same for all."""
        return self.signed_in.user_id if self.opened.private_seen else 0

    @property
    def selected(self) -> tuple[FolderRef, View, FlagTable]:
        """The selected folder and our picture of it; commands that need it are not legal without."""
        if self._gone:
            raise ClientGone
        assert self.ref is not None
        assert self.view is not None
        assert self.table is not None
        return self.ref, self.view, self.table

    @property
    def is_gone(self) -> bool:
        """Whether the client hung up, perhaps while its command was carried out."""
        return self._gone

    # --- folders ---------------------------------------------------------------------------------------
    async def find(self, name: str) -> FolderRef | None:
        """Return the folder of this name, if there is one."""
        return await listing.find(self.server.reader, self.opened.mailbox_id, name)

    async def folders(self) -> list[FolderFacts]:
        """Return all folders, with their counters."""
        return await self.server.reader.folders(self.opened.mailbox_id, user_id=self.marks_of)

    async def subscribed(self) -> set[str]:
        """Return the names the user has subscribed to, those of deleted folders among them."""
        return await listing.subscribed(self.server.reader, self.opened.mailbox_id, self.signed_in.user_id)

    # --- talking ---------------------------------------------------------------------------------------
    def send(self, data: bytes) -> None:
        """Send bytes, together with what follows soon."""
        self._out.append(data)
        self._out_bytes += len(data)
        if self._out_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the network."""
        if self._out:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self._out_bytes = 0
            if len(data) <= WRITE_BYTES:
                self.connection.write(data)
                return
            view = memoryview(data)
            for first in range(0, len(view), WRITE_BYTES):
                self.connection.write(view[first : first + WRITE_BYTES])

    async def drain(self) -> None:
        """Let others have their turn, and wait for a client that reads slowly."""
        self.flush()
        await self.connection.drained()

    async def drain_if_full(self) -> None:
        """Wait for a client that reads slowly, if it has much to read."""
        if self.connection.is_full:
            await self.drain()

    async def ask(self, challenge: bytes) -> bytes | None:
        """Send a SASL challenge and return the answer; None if the client cancelled."""
        self.send(b"+ %b\r\n" % base64.b64encode(challenge))
        self.flush()
        self.connection.handle(self.session.challenge())
        heard = await self.next_event()
        return heard.data if isinstance(heard, SaslResponse) else None

    async def next_event(self) -> Heard:
        """Wait for what the client says next; None when something may have changed in the folder."""
        if self._gone:
            raise ClientGone
        if not self._inbox:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._gone:
            raise ClientGone
        return self._inbox.pop(0)

    def hear(self, event: Heard) -> None:
        """Pass on what the client said, or None: something may have changed."""
        if event is None and self._inbox:
            return
        self._inbox.append(event)
        self._wake()

    def hang_up(self) -> None:
        """Tell whoever waits that the client is gone, and let go of the folder."""
        self._gone = True
        self._wake()
        self.session.close()
        self.unselect()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- the selected folder ---------------------------------------------------------------------------
    def select(self, ref: FolderRef, view: View) -> None:
        """Take a folder as the selected one, and watch it."""
        self.unselect()
        self.ref, self.view, self._folder_gone = ref, view, False
        self.table = self.server.flag_table(view.state)
        self.more_names = self.server.more_names(view.state)
        self._unwatch = self.server.caches.watch(ref, self._changed, user_id=self.marks_of)
        self.session.phase = Phase.SELECTED

    def unselect(self) -> None:
        """Let go of the selected folder."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        if self.ref is not None:
            self.ref = self.view = self.table = None
            self.session.phase = Phase.AUTHENTICATED

    def _changed(self, state: FolderState | None) -> None:
        if state is None:
            self._folder_gone = True
        if self.idling:
            self.hear(None)
        elif self.view is not None and state is not None and not self.connection.is_busy:
            # The newest state is shared by all; a view that kept an old one would cost a copy of the folder.
            # A command looks for itself when it wants to: STORE compares what was told with what is now.
            self.view.absorb(state)

    async def current(self, ref: FolderRef, *, at_least: int = 0, check: bool = False) -> FolderState | None:
        """Return a folder as the user sees it."""
        caches = self.server.caches
        return await caches.current(ref, user_id=self.marks_of, at_least=at_least, check=check)

    async def refresh(self, *, at_least: int = 0, check: bool = False) -> View:
        """Look at the folder as it is now, without telling the client yet."""
        ref, view, _ = self.selected
        state = await self.current(ref, at_least=at_least, check=check)
        if state is None or state.uidvalidity != view.state.uidvalidity or self._folder_gone:
            raise FolderGone
        view.absorb(state)
        return view

    async def look(self, at_least: int) -> None:
        """Look at a change that was made and cannot be made twice; if that fails, it is told of later."""
        with contextlib.suppress(FolderGone, *LOST_DATABASE):
            await self.refresh(at_least=at_least)

    async def news(self, *, may_expunge: bool, silent: Silent | None = None) -> None:
        """Send what the client is owed of the selected folder."""
        ref, view, _ = self.selected
        state = await self.current(ref)
        if state is None or state.uidvalidity != view.state.uidvalidity or self._folder_gone:
            raise FolderGone
        table, more = self.server.flag_table(state), self.server.more_names(state)
        if table is not self.table or not set(self.more_names).issuperset(more):
            self.table, self.more_names = table, more
            self.send(self.flag_lines())
        recent_from = 2**32
        if not view.read_only:
            recent_from = await self.server.caches.claim_recent(state)
        owed = view.update(state, may_expunge=may_expunge, recent_from=recent_from, silent=silent)
        if owed:
            self.send(responses.untagged(owed, table, with_uid=True, with_modseq=self.condstore))

    def flag_lines(self) -> bytes:
        """Return which flags there are, and which the client may set (RFC 3501 7.2.6, 7.1)."""
        _, view, table = self.selected
        names = b" ".join((table.applicable(), *(name.encode() for name in self.more_names)))
        settable = b"" if view.read_only else names + b" \\*"
        return b"* FLAGS (%b)\r\n* OK [PERMANENTFLAGS (%b)] Flags permitted\r\n" % (names, settable)


def ranges_of(view: View, rows: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return rows of the view's folder as ranges of uids; neighbours make one range though uids between are gone."""
    uids = view.state.uids
    return [(int(uids[low]), int(uids[high])) for low, high in as_ranges(rows)]
