"""What a process has in memory equals the rows, whichever way it came there."""

import asyncio
import random

import pytest

from apps.events.changes import Change
from apps.events.transactions import perform
from apps.protocols.imap.folder import FolderState
from apps.protocols.imap.view import View
from apps.store import packing
from apps.store.flags import Flags
from apps.store.ranges import parse_multirange
from apps.store.services import folders, messages
from tests.store.mail import Box, a_box, a_message, put
from tests.store.reading import Desk, a_desk, anything, in_thread, picture

pytestmark = pytest.mark.usefixtures("real_database")


async def agrees(desk: Desk, box: Box, state: FolderState | None) -> None:
    """Fail unless a state of INBOX is what the rows and the folder's row say."""
    assert state is not None
    ref = box["INBOX"]
    assert picture(state) == await desk.truth(ref)
    facts = {one.id: one for one in await desk.reader.folders(ref.mailbox_id)}[ref.folder_id]
    said = (facts.uidnext, facts.modseq, facts.messages, facts.unseen)
    assert said == (state.uidnext, state.modseq, state.exists, state.unseen)
    keywords = await desk.reader.rows(
        "SELECT bit, name FROM store_keyword WHERE mailbox_id = %s", [ref.mailbox_id]
    )
    used = [bit for bit, _ in keywords if (state.flags >> bit & 1).any()]
    assert all(state.names[bit] == dict(keywords)[bit] for bit in used)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_every_way_to_a_state_leads_to_the_rows(seed: int) -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        rng = random.Random(seed)
        async with a_desk() as follower, a_desk() as newcomer:
            for step in range(50):
                await anything(follower, rng, box)
                await agrees(follower, box, await follower.caches.current(ref, check=True))
                if step == 20:
                    await in_thread(packing.rebuild, ref)
                if step % 10 == 5:
                    newcomer.caches.forget(ref)
                    await agrees(newcomer, box, await newcomer.caches.current(ref))
                if step == 30:
                    await in_thread(packing.drop, ref)

    asyncio.run(main())


def test_a_snapshot_without_the_last_message_keeps_uidnext() -> None:
    box = a_box()
    ref = box["INBOX"]
    put(a_message(box), a_message(box), a_message(box))
    perform(messages.expunge(ref, [(3, 3)], only_deleted=False))
    packing.build_all(ref)

    async def main() -> None:
        async with a_desk() as desk:
            await agrees(desk, box, await desk.caches.current(ref))

    asyncio.run(main())


def test_clients_pictures_follow() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        rng = random.Random(7)
        async with a_desk() as desk:
            state = await desk.caches.current(ref)
            assert state is not None
            view = View(state)
            for _ in range(40):
                await anything(desk, rng, box)
                state = await desk.caches.current(ref, check=True)
                assert state is not None
                view.update(state, may_expunge=True)
                assert view.uids.tolist() == sorted(await desk.truth(ref))

    asyncio.run(main())


def test_a_hint_is_followed() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as writer, a_desk() as desk:
            listening = asyncio.create_task(desk.listener.run())
            heard: asyncio.Queue[FolderState | None] = asyncio.Queue()
            stop = desk.caches.watch(ref, heard.put_nowait)
            assert (await desk.caches.current(ref)) is not None
            for _ in range(50):  # Until the subscription stands.
                await writer.append(box)
                try:
                    state = await asyncio.wait_for(heard.get(), 0.2)
                except TimeoutError:
                    continue
                break
            await agrees(desk, box, state)
            stop()
            await writer.append(box)
            await asyncio.sleep(0.1)
            assert heard.empty()
            await agrees(desk, box, await desk.caches.current(ref))
            listening.cancel()

    asyncio.run(main())


def test_a_lost_hint_is_repaired() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as writer, a_desk() as deaf:
            heard: list[FolderState | None] = []
            deaf.caches.watch(ref, heard.append)
            before = await deaf.caches.current(ref)
            await writer.append(box, 3)
            assert await deaf.caches.current(ref) is before
            await deaf.caches.check_all()
            assert len(heard) == 1
            await agrees(deaf, box, await deaf.caches.current(ref))
            await writer.append(box)
            await agrees(deaf, box, await deaf.caches.current(ref, check=True))
            placed = await writer.database.perform(messages.set_flags(ref, [(1, 1)], add=Flags.named("todo")))
            await agrees(deaf, box, await deaf.caches.current(ref, at_least=getattr(placed, "modseq", 0)))
            assert len(heard) == 3

    asyncio.run(main())


def test_a_hint_of_what_never_was_is_forgotten() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            told: list[FolderState | None] = []
            desk.caches.watch(ref, told.append)
            state = await desk.caches.current(ref)
            desk.caches._hear(Change(ref.mailbox_id, ref.folder_id, 10**9))
            await asyncio.sleep(0.05)
            assert await desk.caches.current(ref) is state
            assert desk.caches._entries[ref].heard == 0
            assert told == []

    asyncio.run(main())


def test_a_hint_that_comes_while_the_folder_loads_is_not_lost() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as writer, a_desk() as desk:
            first = await desk.caches.current(ref)
            assert first is not None
            told: list[FolderState | None] = []
            desk.caches.watch(ref, told.append)
            await writer.append(box, 1)
            checking = asyncio.create_task(desk.caches.current(ref, check=True))
            await asyncio.sleep(0)
            await writer.append(box, 1)
            desk.caches._hear(Change(ref.mailbox_id, ref.folder_id, first.modseq + 2))
            await checking
            await asyncio.sleep(0.1)
            assert told[-1] is not None
            await agrees(desk, box, told[-1])

    asyncio.run(main())


def test_a_trimmed_log_is_no_harm() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 5)
            await desk.caches.current(ref)
            await desk.database.perform(messages.expunge(ref, [(2, 3)], only_deleted=False))
            await desk.reader.rows(
                "WITH d AS (DELETE FROM store_folderlog WHERE mailbox_id = %s AND folder_id = %s)"
                " UPDATE store_folder SET log_floor = modseq WHERE id = %s RETURNING 1",
                [ref.mailbox_id, ref.folder_id, ref.folder_id],
            )
            await agrees(desk, box, await desk.caches.current(ref, check=True))

    asyncio.run(main())


def test_a_damaged_snapshot_is_no_harm() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 5)
            await in_thread(packing.rebuild, ref)
            await desk.reader.rows(
                "UPDATE store_snapshot SET data = 'nonsense' WHERE folder_id = %s RETURNING 1",
                [ref.folder_id],
            )
            await agrees(desk, box, await desk.caches.current(ref))

    asyncio.run(main())


def test_a_large_folder_leaves_a_snapshot() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 1000)
            await agrees(desk, box, await desk.caches.current(ref))
            rows = await desk.reader.rows(
                "SELECT n FROM store_snapshot WHERE folder_id = %s", [ref.folder_id]
            )
            assert rows == [(1000,)]
            desk.caches.forget(ref)
            await desk.append(box, 1)
            await agrees(desk, box, await desk.caches.current(ref))

    asyncio.run(main())


def test_one_loader_for_many_who_ask() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 3)
            states = await asyncio.gather(*(desk.caches.current(ref) for _ in range(20)))
            assert len({id(state) for state in states}) == 1

    asyncio.run(main())


def test_a_folder_that_is_deleted_is_told_and_forgotten() -> None:
    box = a_box()
    ref = box["Archive"]

    async def main() -> None:
        async with a_desk() as desk:
            heard: list[FolderState | None] = []
            desk.caches.watch(ref, heard.append)
            assert await desk.caches.current(ref) is not None
            await in_thread(perform, folders.delete(ref))
            assert await desk.caches.current(ref, check=True) is None
            assert heard == [None]

    asyncio.run(main())


def test_mallory_cannot_open_a_folder_by_its_id() -> None:
    alice, mallory = a_box(), a_box("mallory")

    async def main() -> None:
        async with a_desk() as desk:
            foreign = type(alice["INBOX"])(mallory.mailbox_id, alice["INBOX"].folder_id)
            assert await desk.caches.current(foreign) is None

    asyncio.run(main())


def test_unused_folders_are_let_go() -> None:
    box = a_box()

    async def main() -> None:
        async with a_desk(limit_bytes=100) as desk:
            await desk.append(box, 10)
            await desk.append(box, 10, "Archive")
            desk.caches.watch(box["Archive"], lambda _: None)
            for name in ("INBOX", "Archive", "Sent"):
                assert await desk.caches.current(box[name]) is not None
            assert desk.caches.nbytes == 200  # Archive, which is watched; INBOX had to go.

    asyncio.run(main())


def test_who_is_told_first_has_it_as_recent() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as one, a_desk() as other:
            await one.append(box, 2)
            state = await one.caches.current(ref)
            assert state is not None
            assert await one.caches.claim_recent(state, read_only=True) == 1
            assert await one.caches.claim_recent(state) == 1
            assert await other.caches.claim_recent(state) == 3
            await one.append(box)
            state = await other.caches.current(ref, check=True)
            assert state is not None
            assert await other.caches.claim_recent(state) == 3
            assert await one.caches.claim_recent(state) == 4

    asyncio.run(main())


def test_of_many_who_hear_of_an_arrival_at_once_one_claims_it() -> None:
    box = a_box()

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box)
            state = await desk.caches.current(box["INBOX"])
            assert state is not None
            claims = await asyncio.gather(*(desk.caches.claim_recent(state) for _ in range(500)))
            assert sorted(claims) == [1] + [2] * 499

    asyncio.run(main())


def test_multiranges_are_read() -> None:
    assert parse_multirange("{}") == []
    assert parse_multirange("{[1,5),[9,10)}") == [(1, 4), (9, 9)]
