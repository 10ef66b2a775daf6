"""The open page's socket: it hears that something changed, never what; the page asks for that itself."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error

from apps.events.changes import Change

from .hub import hub, in_thread
from .socket_session import watched_by

# Hints that come close together leave together.
GATHER_SECONDS = 0.05
# Whoever signs out, or loses a mailbox, is cut off within this time.
ASK_AGAIN_SECONDS = 20.0
SESSION_OVER = 4401
NOT_FROM_US = 4403
TRY_LATER = 1013


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types.
    """Tells a page which folders of which mailboxes changed: `[[mailbox, folder, modseq], ...]`."""

    async def connect(self) -> None:
        """Let in a page of ours whose session is alive."""
        self._stops: dict[int, Callable[[], None]] = {}
        self._waiting: dict[tuple[int, int], int] = {}
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        headers = dict(self.scope["headers"])
        if not is_same_origin(headers.get(b"origin", b""), headers.get(b"host", b"")):
            await self.close(NOT_FROM_US)
            return
        self._cookie = session_cookie(headers.get(b"cookie", b""))
        watched = await in_thread(watched_by, self._cookie)
        if watched is None:
            # A browser learns the code only of a socket that was open.
            await self.accept()
            await self.close(SESSION_OVER)
            return
        self._watch(watched)
        await self.accept()
        self._tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._ask_again())]

    async def disconnect(self, code: int) -> None:
        """Forget the page."""
        self._watch(frozenset())
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page has nothing to say here."""

    def _watch(self, mailboxes: frozenset[int]) -> None:
        for gone in self._stops.keys() - mailboxes:
            self._stops.pop(gone)()
        for new in mailboxes - self._stops.keys():
            self._stops[new] = hub().watch(new, self._heard)

    def _heard(self, change: Change) -> None:
        key = change.mailbox_id, change.folder_id
        self._waiting[key] = max(self._waiting.get(key, 0), change.modseq)
        self._something.set()

    async def _tell(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._something.clear()
            told, self._waiting = self._waiting, {}
            await self.send(text_data=json.dumps([[*key, modseq] for key, modseq in told.items()]))

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            try:
                watched = await in_thread(watched_by, self._cookie)
            except Error:
                # Nobody knows whose session it is any more; the page comes back when it is known.
                await self.close(TRY_LATER)
                return
            if watched is None:
                await self.close(SESSION_OVER)
                return
            self._watch(watched)


async def no_socket(scope: Any, receive: Any, send: Any) -> None:
    """Close a socket to any other address."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def is_same_origin(origin: bytes, host: bytes) -> bool:
    """Whether a page of this very host asks; every browser says where a socket is opened from."""
    return bool(host) and urlsplit(origin.decode("latin-1")).netloc.lower() == host.decode("latin-1").lower()


def session_cookie(header: bytes) -> str:
    """Return what the browser's session cookie says, or nothing."""
    try:
        found = SimpleCookie(header.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found is not None else ""
