"""What is read of messages is the same from packs, from rows, and from both mixed."""

import asyncio
import dataclasses
import random
import uuid

import numpy as np
import pytest

from apps.events.transactions import perform
from apps.protocols.imap.folder import Uids
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan
from apps.store import packing, packs
from apps.store.packs import PACK_SIZE, PackCache, Wire
from apps.store.queries import Origins, Reader, origins_of
from apps.store.services import messages
from apps.store.values import FolderRef, MessageFacts, NewMessage, Placed
from tests.store.mail import Box, a_box, a_message, put
from tests.store.reading import Desk, a_desk, anything, in_thread

pytestmark = pytest.mark.usefixtures("real_database")


def a_letter(box: Box, subject: str, body: str = "Hello\r\n", *, prefix: bytes = b"") -> NewMessage:
    data = f"From: bob@example.test\r\nSubject: {subject}\r\n\r\n{body}".encode()
    return a_message(box, body=data, facts=MessageFacts.of(scan(data)), prefix=prefix)


def test_a_message_leads_to_its_story() -> None:
    box = a_box()
    data = b"Message-ID: <One@far.example>\r\nSubject: hi\r\n\r\n"
    facts = MessageFacts.of(scan(data))
    came = dataclasses.replace(a_message(box, body=data, facts=facts), trace_id=uuid.uuid4())
    kept, bare = a_message(box, body=data, facts=facts), a_message(box, body=b"\r\nhello")
    placed = perform(messages.append([came, kept, bare], enforce_quota=False))
    one, two, three = [p.content_id for p in placed if isinstance(p, Placed)]
    assert perform(origins_of(box.mailbox_id, one)) == Origins(came.trace_id, "<One@far.example>")
    assert perform(origins_of(box.mailbox_id, two)) == Origins(None, "<One@far.example>")
    assert perform(origins_of(box.mailbox_id, three)) == Origins(None, "")
    assert perform(origins_of(a_box("mallory").mailbox_id, one)) is None


def u4(*uids: int) -> Uids:
    return np.array(uids, np.uint32)


async def texts(reader: Reader, ref: FolderRef, uids: Uids, what: Wire = Wire.ALL) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    async for part in reader.fetch(ref, uids, what):
        assert 0 < len(part.texts) <= PACK_SIZE
        assert not found.keys() & set(part.uids.tolist())
        found |= zip(part.uids.tolist(), part.texts, strict=True)
    return found


async def from_rows(desk: Desk, ref: FolderRef) -> dict[int, bytes]:
    """Return what the rows say of every message, by a statement of the test's own."""
    rows = await desk.reader.rows(
        "SELECT m.uid, m.size, m.internaldate, c.sent_at, c.id, c.envelope, c.structure FROM store_message m"
        " JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id"
        " WHERE m.mailbox_id = %s AND m.folder_id = %s ORDER BY m.uid",
        [ref.mailbox_id, ref.folder_id],
    )
    pack = packs.make(rows)
    return dict(zip(pack.uids.tolist(), pack.texts(np.arange(len(rows)), Wire.ALL), strict=True))


def test_it_works() -> None:
    box = a_box()
    put(a_letter(box, "one"), a_letter(box, "two", prefix=b"Received: us\r\n"))

    async def main() -> None:
        async with a_desk() as desk:
            said = await texts(desk.reader, box["INBOX"], u4(1, 2, 3))
            assert set(said) == {1, 2}
            assert said[1].startswith(
                b'INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 47 ENVELOPE (NIL "one" '
            )
            assert b"RFC822.SIZE 61 " in said[2]
            assert await texts(desk.reader, box["INBOX"], u4(2), Wire.SIZE) == {2: b"RFC822.SIZE 61"}
            assert await texts(desk.reader, box["INBOX"], u4()) == {}

    asyncio.run(main())


@pytest.mark.slow
def test_packs_and_rows_say_the_same_whatever_happens() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        rng = random.Random(3)
        async with a_desk() as desk:
            for step in range(60):
                await anything(desk, rng, box)
                if step % 12 == 5:
                    await in_thread(packing.rebuild, ref)
                if step == 40:
                    await in_thread(packing.drop, ref)
                if step % 3 == 0:
                    truth = await from_rows(desk, ref)
                    uids = u4(*truth)
                    cold = Reader(desk.database, PackCache())
                    assert await texts(cold, ref, uids) == truth
                    assert await texts(desk.reader, ref, uids) == truth

    asyncio.run(main())


@pytest.mark.slow
def test_many_messages_come_in_slices_and_from_everywhere() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 2300)
            await in_thread(packing.build_all, ref)
            await desk.append(box, 1100)
            bounds = await desk.reader.rows(
                "SELECT first_uid, last_uid FROM store_pack WHERE folder_id = %s ORDER BY 1", [ref.folder_id]
            )
            assert bounds == [(1, 1000), (1001, 2000), (2001, 2300)]
            await desk.reader.rows(  # A hole, as if someone had dropped one pack.
                "DELETE FROM store_pack WHERE folder_id = %s AND first_uid = 1001 RETURNING 1",
                [ref.folder_id],
            )
            truth = await from_rows(desk, ref)
            for chosen in (u4(*truth), u4(*truth)[::7], u4(5, 1500, 2299, 3400), u4(1500), u4(2300, 2301)):
                expected = {uid: truth[uid] for uid in chosen.tolist()}
                assert await texts(Reader(desk.database), ref, chosen) == expected
                assert await texts(desk.reader, ref, chosen) == expected
            assert await texts(desk.reader, ref, np.arange(1, 9000, dtype=np.uint32)) == truth

    asyncio.run(main())


def test_damaged_packs_are_no_harm() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 5)
            await in_thread(packing.rebuild, ref)
            await desk.reader.rows(
                "UPDATE store_pack SET data = 'nonsense' WHERE folder_id = %s RETURNING 1", [ref.folder_id]
            )
            truth = await from_rows(desk, ref)
            assert await texts(desk.reader, ref, u4(*truth)) == truth

    asyncio.run(main())


def test_bodies_are_prefix_and_blob() -> None:
    box = a_box()
    large = "x" * 100 + "".join(random.Random(1).choices("abcdefghij0123456789", k=80_000))
    put(a_letter(box, "small", prefix=b"Received: us\r\n"), a_letter(box, "large", large))

    async def main() -> None:
        async with a_desk() as desk:
            async for located in desk.reader.located(box["INBOX"], u4(1, 2, 9)):
                whole = {each.uid: data async for each, data in desk.reader.bodies(located)}
                assert [each.size for each in located] == [len(whole[1]), len(whole[2])]
                assert whole[1].startswith(b"Received: us\r\nFrom: bob")
                assert whole[2].endswith(large[-20:].encode())
                for each in located:
                    span = PartTable.decode(each.parts).section([1])
                    assert span is not None
                    part = await desk.reader.body(each, *span)
                    assert part == whole[each.uid][len(each.prefix) :][span[0] : span[1]]

    asyncio.run(main())


def test_folders_have_their_counters() -> None:
    box = a_box()
    put(a_letter(box, "one"))

    async def main() -> None:
        async with a_desk() as desk:
            facts = {one.name: one for one in await desk.reader.folders(box.mailbox_id)}
            assert facts["INBOX"].messages == facts["INBOX"].unseen == 1
            assert facts["INBOX"].size == 47
            assert facts["Sent"].special_use == "\\Sent"

    asyncio.run(main())


def test_what_vanished_is_known() -> None:
    box = a_box()
    ref = box["INBOX"]
    put(*(a_letter(box, "one") for _ in range(9)))

    async def main() -> None:
        async with a_desk() as desk:
            state = await desk.caches.current(ref)
            assert state is not None
            await desk.database.perform(messages.expunge(ref, [(2, 3)], only_deleted=False))
            await desk.database.perform(messages.expunge(ref, [(4, 4), (8, 8)], only_deleted=False))
            gone = await desk.reader.vanished(ref, state.modseq)
            assert gone is not None
            assert (list(gone.uids), gone.exact) == ([(2, 4), (8, 8)], True)
            assert await desk.reader.vanished(FolderRef(ref.mailbox_id, 0), 1) is None

    asyncio.run(main())


def test_due_work_is_done_and_then_there_is_none() -> None:
    box = a_box()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 1250)
            assert await in_thread(packing.build, await standing(desk, ref))
            now = await standing(desk, ref)
            assert (now.packed, now.packs, now.snapshot) == (1250, 2, now.modseq)
            assert not await in_thread(packing.build, now)
            await desk.append(box, 200)
            assert (await standing(desk, ref)).wants_packs
            assert await in_thread(packing.build, await standing(desk, ref))
            assert (await standing(desk, ref)).packs == 2
            # Most of it goes; what is left is packed again.
            await desk.database.perform(messages.expunge(ref, [(1, 1440)], only_deleted=False))
            await desk.append(box, 3)
            truth = await from_rows(desk, ref)
            assert await texts(desk.reader, ref, u4(*truth)) == truth
            assert await in_thread(packing.build, await standing(desk, ref))
            assert (await standing(desk, ref)).packs == 1
            assert await texts(Reader(desk.database), ref, u4(*truth)) == truth

    async def standing(desk: Desk, ref: FolderRef) -> packing.Standing:
        return await in_thread(perform, packing.standing(ref))

    asyncio.run(main())


def test_the_builder_comes_to_every_folder() -> None:
    box = a_box()

    async def main() -> None:
        async with a_desk() as desk:
            await desk.append(box, 300)
            builder = packing.Builder()
            for _ in range(200):
                await in_thread(builder.build_due, 50)
                found = await desk.reader.rows(
                    "SELECT last_uid FROM store_pack WHERE folder_id = %s", [box["INBOX"].folder_id]
                )
                if found:
                    break
            assert found == [(300,)]

    asyncio.run(main())
