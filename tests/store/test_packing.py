"""What is built of a folder is built once, stays small, and goes with the folder."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from apps.events.transactions import Plan, Run, perform
from apps.store import packing, snapshots
from apps.store.flags import Flags
from apps.store.models import Pack, Snapshot
from apps.store.packs import PACK_SIZE, Wire
from apps.store.services import folders, messages
from apps.store.values import FolderRef
from tests.store.mail import FACTS, Box, a_box, a_message, put
from tests.store.reading import a_desk, in_thread

pytestmark = pytest.mark.usefixtures("real_database")


def standing(ref: FolderRef) -> packing.Standing:
    return perform(packing.standing(ref))


def test_what_came_and_went_does_not_keep_the_builder_busy() -> None:
    box = a_box()
    ref = box["INBOX"]
    for _ in range(2):
        put(*[a_message(box) for _ in range(messages.BATCH)])
    perform(messages.expunge(ref, [(2, 400)], only_deleted=False))
    assert packing.build(standing(ref))
    assert standing(ref).wants_packs
    assert not packing.build(standing(ref))


def test_heavy_messages_are_not_packed_and_read_a_few_at_a_time() -> None:
    box = a_box()
    ref = box["INBOX"]
    heavy = replace(FACTS, structure=b"(" + b"x" * 50_000 + b")")
    put(*[a_message(box, facts=heavy if n % 3 == 0 else FACTS) for n in range(60)])

    async def texts() -> tuple[dict[int, bytes], int]:
        found: dict[int, bytes] = {}
        most = 0
        async with a_desk() as desk:
            async for each in desk.reader.fetch(ref, np.arange(1, 61, dtype=np.uint32), Wire.STRUCTURE):
                found.update(zip(each.uids.tolist(), each.texts, strict=True))
                most = max(most, sum(map(len, each.texts)))
        return found, most

    expected = {n + 1: b"BODYSTRUCTURE " + (heavy if n % 3 == 0 else FACTS).structure for n in range(60)}
    found, most = asyncio.run(texts())
    assert (found, most < 500_000) == (expected, True)
    packing.build_all(ref)
    [pack] = Pack.objects.filter(folder_id=ref.folder_id)
    assert len(pack.data) < 10_000
    assert asyncio.run(texts())[0] == expected


def deleted_before(table: str, plan: Plan[object], ref: FolderRef) -> Plan[None]:
    """Perform a plan, the folder being deleted by another connection before it writes to `table`."""
    rows = None
    while True:
        try:
            step = plan.send(rows)
        except StopIteration:
            return
        if isinstance(step, Run) and f"INTO {table}" in step.sql:
            asyncio.run(in_thread(perform, folders.delete(ref)))
        rows = yield step


def a_folder(box: Box) -> FolderRef:
    ref = perform(folders.create(box.mailbox_id, "Old"))
    assert isinstance(ref, FolderRef)
    put(a_message(replace(box, folders={"INBOX": ref}), flags=Flags.named("\\Seen")))
    return ref


def test_what_is_built_of_a_folder_that_is_deleted_meanwhile_is_not_left_behind() -> None:
    box = a_box()
    ref = a_folder(box)
    perform(deleted_before("store_pack", packing._build_next(ref), ref))
    assert not Pack.objects.filter(folder_id=ref.folder_id).exists()

    ref = a_folder(box)

    async def main() -> None:
        async with a_desk() as desk:
            state = await desk.caches.current(ref)
            assert state is not None
            await desk.database.perform(folders.delete(ref))
            await desk.database.perform(snapshots.keep(state))

    asyncio.run(main())
    assert not Snapshot.objects.filter(folder_id=ref.folder_id).exists()


def test_full_packs_follow_each_other() -> None:
    box = a_box()
    for _ in range(PACK_SIZE // messages.BATCH):
        put(*[a_message(box) for _ in range(messages.BATCH)])
    assert packing.build(standing(box["INBOX"]))
    put(*[a_message(box) for _ in range(messages.BATCH)])
    assert packing.build(standing(box["INBOX"]))
    assert not packing.build(standing(box["INBOX"]))
    packs = Pack.objects.filter(folder_id=box["INBOX"].folder_id).order_by("first_uid")
    assert [(pack.first_uid, pack.last_uid) for pack in packs] == [(1, 1000), (1001, 1200)]
