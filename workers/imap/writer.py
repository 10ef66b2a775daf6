"""APPENDs that wait at the same time are committed together (group commit)."""

import asyncio
from collections import deque
from dataclasses import dataclass

from apps.events.transactions import Database
from apps.store.blobs import BlobRef, PackedBlob
from apps.store.services import messages
from apps.store.values import NewMessage, NoFolder, OverQuota, Placed

from .faults import LOST_DATABASE

MOST_BYTES = 8 * 2**20
WRITERS = 2

type Outcome = Placed | OverQuota | NoFolder


@dataclass(slots=True)
class _Waiting:
    item: NewMessage
    size: int
    answer: asyncio.Future[Outcome]


class Writer:
    """Gathers what is waiting, without waiting for more, and answers after COMMIT."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Waiting] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def put(self, item: NewMessage) -> Outcome:
        """File a message and return once it is safe."""
        waiting = _Waiting(item, _size(item), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._running) < WRITERS:
            task = asyncio.get_running_loop().create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await waiting.answer

    async def _run(self) -> None:
        while self._waiting:
            batch, size = [self._waiting.popleft()], 0
            size = batch[0].size
            while (
                self._waiting and len(batch) < messages.BATCH and size + self._waiting[0].size <= MOST_BYTES
            ):
                size += self._waiting[0].size
                batch.append(self._waiting.popleft())
            await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = await self._database.perform(
                messages.append([waiting.item for waiting in batch], enforce_quota=True)
            )
        except LOST_DATABASE as error:
            # Perhaps they were committed and we were not told: to try again might file them twice.
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        except Exception as error:  # noqa: BLE001
            if len(batch) > 1:
                # One message that cannot be filed must not fail its neighbours.
                for waiting in batch:
                    await self._write([waiting])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(outcome)


def _size(item: NewMessage) -> int:
    match item.body:
        case bytes():
            return len(item.body)
        case BlobRef(size=size):
            return size
        case PackedBlob(ref=ref):
            return ref.size
