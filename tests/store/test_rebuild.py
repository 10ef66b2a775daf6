"""`manage.py store rebuild` makes anew what is derived, and every answer stays the same."""

import asyncio
import io
import random

import pytest
from django.core.management import CommandError, call_command

from apps.mailboxes.models import Mailbox
from apps.protocols.imap import search as tree
from apps.protocols.imap.view import View
from apps.store.packs import Wire
from apps.store.queries import Reader
from apps.store.search import search
from apps.store.values import FolderRef
from tests.store.mail import a_box
from tests.store.reading import Desk, a_desk, anything, in_thread, picture

pytestmark = pytest.mark.usefixtures("real_database")


async def answers(desk: Desk, ref: FolderRef) -> list[object]:
    """Ask all that may be answered from what is derived."""
    desk.caches.forget(ref)
    state = await desk.caches.current(ref)
    assert state is not None
    texts: list[bytes] = []
    async for part in Reader(desk.database).fetch(ref, state.uids, Wire.ALL):
        texts += part.texts
    found = await search(Reader(desk.database), View(state), tree.Header("subject", "hi"))
    large = await search(Reader(desk.database), View(state), tree.Larger(10))
    return [picture(state), state.uidnext, state.modseq, texts, found.uids.tolist(), large.uids.tolist()]


def test_every_answer_stays_the_same() -> None:
    box = a_box()
    address = str(Mailbox.objects.select_related("domain").get(pk=box.mailbox_id))

    async def main() -> None:
        rng = random.Random(11)
        async with a_desk() as desk:
            for _ in range(30):
                await anything(desk, rng, box)
            before = [await answers(desk, box[name]) for name in ("INBOX", "Archive", "Sent")]
            for _ in range(2):
                out = io.StringIO()
                await in_thread(call_command, "store", "rebuild", "--mailbox", address, stdout=out)
                assert out.getvalue() == (
                    f"rebuilt {len(box.folders)} folders; 0 messages are in other conversations\n"
                )
                rows = await desk.reader.rows(
                    "SELECT (SELECT count(*) FROM store_snapshot WHERE folder_id = f.id) FROM store_folder f"
                    " WHERE mailbox_id = %s",
                    [box.mailbox_id],
                )
                assert {count for (count,) in rows} == {1}
                after = [await answers(desk, box[name]) for name in ("INBOX", "Archive", "Sent")]
                assert after == before

    asyncio.run(main())


def test_an_unknown_mailbox_is_said_so() -> None:
    with pytest.raises(CommandError, match=r"no mailbox nobody@example\.test"):
        call_command("store", "rebuild", "--mailbox", "nobody@example.test")
