"""The open page's socket: who may listen, what they hear, and when it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from django.db import connection
from websockets.asyncio.client import ClientConnection

from apps.webmail import consumers
from apps.webmail.hub import in_thread
from tests.factories import a_mailbox

from .live import serving_web
from .shelf import Shelf, a_letter, a_shelf, put

pytestmark = pytest.mark.usefixtures("real_database")


@pytest.fixture
def web() -> Iterator[str]:
    with serving_web() as address:
        yield address.removeprefix("http://")


def cookie(shelf: Shelf) -> str:
    return f"mail_session={shelf.client.cookies['mail_session'].value}"


@asynccontextmanager
async def listening(web: str, cookie: str, origin: str = "") -> AsyncIterator[ClientConnection]:
    headers = {"Cookie": cookie} if cookie else {}
    async with websockets.connect(
        f"ws://{web}/mail/live",
        additional_headers=headers,
        origin=websockets.Origin(origin or f"http://{web}"),
    ) as socket:
        yield socket


async def heard(socket: ClientConnection, seconds: float = 5) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), seconds))


def test_it_works(web: str) -> None:
    shelf = a_shelf()

    async def main() -> list[list[int]]:
        async with listening(web, cookie(shelf)) as socket:
            await asyncio.sleep(0.3)
            await in_thread(put, shelf.mailbox, a_letter(1))
            found: list[list[int]] = await heard(socket)
            return found

    [[mailbox, folder, modseq]] = [one for one in asyncio.run(main()) if one[1]]
    assert (mailbox, folder) == (shelf.mailbox.pk, shelf.ids["INBOX"])
    assert modseq > 1


def test_whoever_reads_slowly_keeps_no_connection() -> None:
    shelf = a_shelf(a_letter(1))
    connection.ensure_connection()
    answer = shelf.client.get(shelf.at(f"f/{shelf.ids['INBOX']}/"))
    assert connection.connection is None
    # Nor does the next one at the same computer find in its cache what she read.
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_nobody_hears_of_anothers_mail(web: str) -> None:
    shelf, mallory = a_shelf(), a_shelf(mailbox=a_mailbox("mallory"))

    async def main() -> None:
        async with listening(web, cookie(mallory)) as socket:
            await asyncio.sleep(0.3)
            await in_thread(put, shelf.mailbox, a_letter(1))
            with pytest.raises(TimeoutError):
                await heard(socket, 0.5)

    asyncio.run(main())


@pytest.mark.parametrize("cookie", ["", "mail_session=nonsense", "mail_session=", "\x01=;;"])
def test_without_a_session_it_is_over_at_once(web: str, cookie: str) -> None:
    async def main() -> int | None:
        async with listening(web, cookie) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            return closed.value.rcvd.code if closed.value.rcvd else None

    if "\x01" in cookie:
        cookie = "a=b; =;"
    assert asyncio.run(main()) == consumers.SESSION_OVER


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_pages_of_others_are_refused(web: str, origin: str) -> None:
    shelf = a_shelf()

    async def main() -> None:
        async with listening(web, cookie(shelf), origin):
            pass

    with pytest.raises(websockets.InvalidStatus):
        asyncio.run(main())


def test_it_ends_with_the_session(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "ASK_AGAIN_SECONDS", 0.2)
    shelf = a_shelf()

    async def main() -> int | None:
        async with listening(web, cookie(shelf)) as socket:
            await in_thread(lambda: shelf.client.post("/sign-out"))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 5)
            return closed.value.rcvd.code if closed.value.rcvd else None

    assert asyncio.run(main()) == consumers.SESSION_OVER


def test_it_ends_when_nobody_can_say_whose_it_is(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "ASK_AGAIN_SECONDS", 0.2)
    shelf = a_shelf()

    def rename(table: str, to: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO {to}")

    async def main() -> int | None:
        async with listening(web, cookie(shelf)) as socket:
            await in_thread(rename, "accounts_websession", "away")
            try:
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(socket.recv(), 5)
            finally:
                await in_thread(rename, "away", "accounts_websession")
            return closed.value.rcvd.code if closed.value.rcvd else None

    assert asyncio.run(main()) == consumers.TRY_LATER


def test_there_is_no_other_socket(web: str) -> None:
    async def main() -> None:
        async with websockets.connect(f"ws://{web}/elsewhere"):
            pass

    with pytest.raises(websockets.InvalidStatus):
        asyncio.run(main())
