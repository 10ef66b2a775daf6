"""A shared folder through the eyes of its members: caches, views and counters, with two users in one process."""

import asyncio
import random
from collections.abc import Callable

import pytest

from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.protocols.imap import search as tree
from apps.protocols.imap.folder import FolderState
from apps.protocols.imap.view import FlagsChanged, View
from apps.store import packing
from apps.store.flags import SEEN, Flags
from apps.store.models import Seen
from apps.store.search import search
from apps.store.services import folders, messages, seen
from apps.store.values import FlagsSet, FolderRef
from tests.store.mail import Box, a_box, a_message, an_owner, put
from tests.store.reading import Desk, a_desk, anything, in_thread

pytestmark = pytest.mark.usefixtures("real_database")
READ = Flags(SEEN)


def a_team(count: int = 5) -> tuple[Box, int, int]:
    """Return a mailbox that keeps read marks for each member, and its members alice and bob."""
    box = a_box("team")
    Mailbox.objects.filter(id=box.mailbox_id).update(private_seen=True)
    organisation = Organisation.objects.get(id=box.organisation_id)
    put(*(a_message(box) for _ in range(count)))
    return box, an_owner("alice", organisation).pk, an_owner("bob", organisation).pk


async def look(desk: Desk, ref: FolderRef, user_id: int, *, check: bool = True) -> FolderState:
    state = await desk.caches.current(ref, user_id=user_id, check=check)
    assert state is not None
    return state


def read(state: FolderState) -> list[int]:
    uids: list[int] = state.uids[state.flags & SEEN != 0].tolist()
    return uids


def test_each_sees_their_own_marks_and_everyones_flags() -> None:
    box, alice, bob = a_team()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            hers, his = View(await look(desk, ref, alice)), View(await look(desk, ref, bob))
            done = await desk.database.perform(messages.set_flags(ref, [(2, 3)], add=READ, user_id=alice))
            [changed] = hers.update(await look(desk, ref, alice), may_expunge=True)
            assert isinstance(changed, FlagsChanged)
            assert (changed.uids.tolist(), changed.flags.tolist()) == ([2, 3], [SEEN, SEEN])
            assert isinstance(done, FlagsSet)
            assert changed.modseqs.tolist() == [done.modseq] * 2
            assert his.update(await look(desk, ref, bob), may_expunge=True) == []
            await desk.database.perform(
                messages.set_flags(ref, [(3, 3)], add=Flags.named("\\Flagged"), user_id=bob)
            )
            for view, user_id, flags in ((hers, alice, 5), (his, bob, 4)):
                [changed] = view.update(await look(desk, ref, user_id), may_expunge=True)
                assert isinstance(changed, FlagsChanged)
                assert (changed.uids.tolist(), changed.flags.tolist()) == ([3], [flags])
            unseen = tree.Not(tree.HasFlag("\\Seen"))
            assert (await search(desk.reader, hers, unseen)).uids.tolist() == [1, 4, 5]
            assert (await search(desk.reader, his, unseen)).uids.tolist() == [1, 2, 3, 4, 5]
            assert (hers.state.first_unseen(), hers.state.unseen) == (1, 3)
            for user_id, count in ((alice, 3), (bob, 5)):
                [inbox] = [
                    f
                    for f in await desk.reader.folders(box.mailbox_id, user_id=user_id)
                    if f.id == ref.folder_id
                ]
                assert inbox.unseen == count
            # Who is asked for nobody's marks, and mallory, who has none, see a folder nobody has read.
            assert read(await look(desk, ref, 0)) == read(await look(desk, ref, 10**9)) == []

    asyncio.run(main())


def test_the_watchers_of_one_user_hear_what_the_others_do_not() -> None:
    box, alice, bob = a_team()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            heard: dict[int, list[list[int] | None]] = {alice: [], bob: []}

            def hear(user_id: int) -> Callable[[FolderState | None], None]:
                return lambda state: heard[user_id].append(None if state is None else read(state))

            for user_id in heard:
                await look(desk, ref, user_id)
                desk.caches.watch(ref, hear(user_id), user_id=user_id)
            done = await desk.database.perform(seen.set_seen(ref, alice, [(1, 1)], seen=True))
            assert isinstance(done, FlagsSet)
            await desk.caches.current(ref, user_id=bob, at_least=done.modseq)
            assert heard == {alice: [[1]], bob: [[]]}
            # A hint that was lost is repaired for the user's sessions, too.
            await desk.database.perform(seen.set_seen(ref, bob, [(5, 5)], seen=True))
            await desk.caches.check_all()
            assert heard == {alice: [[1], [1]], bob: [[], [5]]}

    asyncio.run(main())


def test_a_deleted_folder_is_gone_for_all() -> None:
    box, alice, bob = a_team()
    put(a_message(box, "Junk"))
    ref = box["Junk"]

    async def main() -> None:
        async with a_desk() as desk:
            heard: list[FolderState | None] = []
            await look(desk, ref, alice)
            desk.caches.watch(ref, heard.append, user_id=alice)
            await desk.database.perform(seen.set_seen(ref, alice, [(1, 1)], seen=True))
            await desk.database.perform(folders.delete(ref))
            assert await desk.caches.current(ref, user_id=bob, check=True) is None
            assert heard == [None]

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_each_sees_what_the_rows_say(seed: int) -> None:
    box, alice, bob = a_team()
    ref = box["INBOX"]

    async def agrees(desk: Desk, user_id: int, *, check: bool = True) -> None:
        state = await look(desk, ref, user_id, check=check)
        rows = await desk.truth(ref)
        marked = await desk.reader.rows(
            "SELECT lower(r), upper(r) FROM store_seen, unnest(uids) r WHERE folder_id = %s AND user_id = %s",
            [ref.folder_id, user_id],
        )
        assert read(state) == [uid for low, end in marked for uid in range(low, end)]
        assert state.uids.tolist() == sorted(rows)
        assert [flags & ~SEEN for flags in state.flags.tolist()] == [
            rows[uid][0] & ~SEEN for uid in sorted(rows)
        ]
        assert all(modseq <= state.modseq for modseq in state.modseqs.tolist())
        facts = await desk.reader.folders(box.mailbox_id, user_id=user_id)
        assert [one.unseen for one in facts if one.id == ref.folder_id] == [state.unseen]

    async def main() -> None:
        rng = random.Random(seed)
        async with a_desk() as follower, a_desk() as newcomer:
            views = {user_id: View(await look(follower, ref, user_id)) for user_id in (alice, bob)}
            believed = {user_id: dict.fromkeys(range(1, 6), 0) for user_id in views}
            for step in range(60):
                user_id = rng.choice([alice, bob])
                uids = sorted(await follower.truth(ref))
                if uids and rng.random() < 0.5:
                    some = [
                        (uid, uid)
                        for uid in sorted(rng.sample(uids, rng.randrange(1, min(4, len(uids)) + 1)))
                    ]
                    plan = seen.set_seen(ref, user_id, some, seen=rng.random() < 0.7)
                    await follower.database.perform(plan)
                else:
                    await anything(follower, rng, box)
                for who, view in views.items():
                    await agrees(follower, who)
                    for owed in view.update(await look(follower, ref, who), may_expunge=True):
                        if isinstance(owed, FlagsChanged):
                            believed[who] |= dict(zip(owed.uids.tolist(), owed.flags.tolist(), strict=True))
                    chosen = view.select([(1, 2**32 - 1)], by_uid=True)
                    assert chosen is not None
                    now = dict(zip(view.uids.tolist(), view.flags(chosen).tolist(), strict=True))
                    # A client knows every flag it was told of and no other; new messages it asks for.
                    assert all(believed[who].setdefault(uid, flags) == flags for uid, flags in now.items())
                if step == 20:
                    await in_thread(packing.rebuild, ref)
                if step % 10 == 5:
                    newcomer.caches.forget(ref)
                    for who in views:
                        await agrees(newcomer, who, check=False)
                        fresh, known = await look(newcomer, ref, who), await look(follower, ref, who)
                        assert fresh.modseqs.tolist() == known.modseqs.tolist()

    asyncio.run(main())


def test_what_a_client_missed_is_found_by_modseq_after_a_restart() -> None:
    box, alice, _ = a_team()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk, a_desk() as restarted:
            known = (await look(desk, ref, alice)).modseq
            await desk.database.perform(seen.set_seen(ref, alice, [(2, 2), (4, 4)], seen=True))
            await desk.database.perform(seen.set_seen(ref, alice, [(4, 4)], seen=False))
            state = await look(restarted, ref, alice)
            assert state.uids[state.modseqs > known].tolist() == [2, 4]
            assert read(state) == [2]

    asyncio.run(main())


def test_memory_is_counted_and_let_go() -> None:
    box, alice, bob = a_team()
    ref = box["INBOX"]

    async def main() -> None:
        async with a_desk() as desk:
            shared = await look(desk, ref, 0)
            assert desk.caches.nbytes == shared.nbytes
            hers = await look(desk, ref, alice)
            assert await look(desk, ref, alice) is hers
            await look(desk, ref, bob)
            each = shared.flags.nbytes + shared.modseqs.nbytes
            assert desk.caches.nbytes == shared.nbytes + 2 * each
            desk.caches.forget(ref)
            assert read(await look(desk, ref, alice)) == []
            assert desk.caches.nbytes == shared.nbytes + each
        async with a_desk(limit_bytes=10) as desk:
            await look(desk, ref, alice)
            await look(desk, box["Archive"], alice)
            assert desk.caches.nbytes == 0

    asyncio.run(main())


def test_many_readers_come_and_go() -> None:
    box, alice, bob = a_team()
    ref = box["INBOX"]
    perform(seen.set_seen(ref, alice, [(1, 2)], seen=True))

    async def main() -> None:
        async with a_desk() as desk:
            desk.caches.watch(ref, lambda _: None, user_id=bob)
            for stranger in range(10**9, 10**9 + 150):
                assert read(await look(desk, ref, stranger, check=False)) == []
            assert read(await look(desk, ref, alice, check=False)) == [1, 2]
            each = 16 * 5
            assert desk.caches.nbytes <= 20 * 5 + 101 * each

    asyncio.run(main())
    assert Seen.objects.filter(folder_id=ref.folder_id).count() == 1
