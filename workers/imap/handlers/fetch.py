"""FETCH and UID FETCH (RFC 3501 6.4.5, RFC 7162 3.1.4)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.protocols.imap import commands as c
from apps.protocols.imap import responses
from apps.protocols.imap.commands import Item, Section
from apps.protocols.imap.folder import SEEN, Bits, Uids, places_of, rows_of
from apps.protocols.imap.responses import SLICE, FlagTable
from apps.protocols.imap.sections import needed, opening, sendable, written
from apps.protocols.imap.view import Selection, View
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.structure import body as without_extensions
from apps.store import flags
from apps.store.packs import Pack, Wire
from apps.store.queries import Located
from apps.store.services import messages
from apps.store.values import NoFolder
from workers.imap.answers import DONE, NO_SUCH_MESSAGE, Answer, ok
from workers.imap.client import Client, FolderGone, ranges_of

WIRES = {
    Item.INTERNALDATE: Wire.INTERNALDATE,
    Item.SIZE: Wire.SIZE,
    Item.ENVELOPE: Wire.ENVELOPE,
    Item.BODYSTRUCTURE: Wire.STRUCTURE,
}
LARGE = 256 * 1024
"""Of a message above this only the bytes that are asked for are read."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The messages to answer for, as they were when the command began, and what to say of each."""

    table: FlagTable
    numbers: Uids
    uids: Uids
    flags: Bits
    modseqs: Bits
    items: frozenset[Item | Section]
    more: Mapping[int, tuple[str, ...]]

    def of(self, places: slice | NDArray[np.intp]) -> bytes:
        """Return the answers that need nothing but numbers."""
        if Item.FLAGS in self.items:
            return responses.flags_lines(
                self.numbers[places],
                self.flags[places],
                self.table,
                uids=self.uids[places] if Item.UID in self.items else None,
                modseqs=self.modseqs[places] if Item.MODSEQ in self.items else None,
                more=places_of(self.more, self.uids[places]),
            )
        return responses.wire_lines(self.numbers[places].tolist(), self.heads(places) or [])

    def heads(self, places: slice | NDArray[np.intp]) -> list[bytes] | None:
        """Return UID, FLAGS and MODSEQ, those that are wanted; None if none is."""
        if not self.items & {Item.UID, Item.FLAGS, Item.MODSEQ}:
            return None
        return responses.heads(
            self.table,
            uids=self.uids[places] if Item.UID in self.items else None,
            flags=self.flags[places] if Item.FLAGS in self.items else None,
            modseqs=self.modseqs[places] if Item.MODSEQ in self.items else None,
            more=places_of(self.more, self.uids[places]),
        )


async def fetch(client: Client, command: c.Fetch) -> Answer:
    """Stream what is asked for, in slices; a client that reads slowly slows us down and nobody else."""
    client.condstore |= Item.MODSEQ in command.items
    view = await client.refresh()
    selection = _select(view, command)
    if selection is None:
        return NO_SUCH_MESSAGE
    if command.sets_seen and not view.read_only:
        await _mark_seen(client, selection)
        selection = _select(view, command) or selection
    lines = Lines(
        client.selected[2],
        selection.numbers,
        selection.uids,
        view.flags(selection),
        view.state.modseqs[selection.rows],
        frozenset(command.items),
        view.state.more,
    )
    sections = [item for item in command.items if isinstance(item, Section)]
    if sections:
        await _bodies(client, lines, sections)
    elif lines.items & (WIRES.keys() | {Item.BODY}):
        await _wires(client, lines)
    else:
        for first in range(0, lines.uids.size, SLICE):
            client.send(lines.of(slice(first, first + SLICE)))
            await client.drain()
    if selection.gone:
        return ok(b"Some messages are gone", b"EXPUNGEISSUED")
    return DONE


def _select(view: View, command: c.Fetch) -> Selection | None:
    ranges = command.sequence.resolve(view.largest(by_uid=command.uid))
    selection = view.select(ranges, by_uid=command.uid)
    if selection is None or command.changed_since is None:
        return selection
    newer = view.state.modseqs[selection.rows] > np.uint64(command.changed_since)
    return Selection(selection.numbers[newer], selection.uids[newer], selection.rows[newer], selection.gone)


async def _mark_seen(client: Client, selection: Selection) -> None:
    r"""Set \Seen where it is not; the client hears of it with the answer or just after."""
    ref, view, _ = client.selected
    unseen = selection.rows[view.state.flags[selection.rows] & np.uint64(SEEN) == 0]
    if not unseen.size:
        return
    seen = flags.Flags(flags.SEEN)
    plan = messages.set_flags(ref, ranges_of(view, unseen), add=seen, user_id=client.marks_of)
    result = await client.server.database.perform(plan)
    if isinstance(result, NoFolder):
        raise FolderGone
    await client.refresh(at_least=result.modseq)


async def _wires(client: Client, lines: Lines) -> None:
    """Answer with ready-made texts."""
    async for places, texts in _texts(client, lines):
        client.send(responses.wire_lines(lines.numbers[places].tolist(), texts, heads=lines.heads(places)))
        await client.drain()


async def _texts(client: Client, lines: Lines) -> AsyncIterator[tuple[NDArray[np.intp], list[bytes]]]:
    """Yield which messages a slice holds, and the texts of each."""
    ref = client.selected[0]
    what = Wire(0)
    for item, wire in WIRES.items():
        if item in lines.items:
            what |= wire
    async for pack, rows in client.server.reader.packs(ref, lines.uids):
        places = rows_of(lines.uids, pack.uids[rows])
        texts = pack.texts(rows, what) if what else [b""] * rows.size
        if Item.BODY in lines.items:
            texts = [b" ".join(filter(None, pair)) for pair in zip(texts, _plain(pack, rows), strict=True)]
        yield places, texts


def _plain(pack: Pack, rows: NDArray[np.intp]) -> list[bytes]:
    """Return BODY, which is BODYSTRUCTURE without what was added to it later."""
    skip = len(b"BODYSTRUCTURE ")
    return [b"BODY " + without_extensions(text[skip:]) for text in pack.texts(rows, Wire.STRUCTURE)]


async def _bodies(client: Client, lines: Lines, sections: Sequence[Section]) -> None:
    """Answer with parts of the messages themselves."""
    ref = client.selected[0]
    reader = client.server.reader
    with_texts = bool(lines.items & (WIRES.keys() | {Item.BODY}))
    for first in range(0, lines.uids.size, SLICE):
        some = Lines(
            lines.table,
            lines.numbers[first : first + SLICE],
            lines.uids[first : first + SLICE],
            lines.flags[first : first + SLICE],
            lines.modseqs[first : first + SLICE],
            lines.items,
            lines.more,
        )
        texts: dict[int, bytes] = {}
        if with_texts:
            async for places, found in _texts(client, some):
                texts.update(zip(some.uids[places].tolist(), found, strict=True))
        starts = _starts(some, texts)
        async for located in reader.located(ref, some.uids):
            async for each, data in reader.bodies([each for each in located if each.size <= LARGE]):
                await _message(client, starts[each.uid], each, sections, data)
            for each in located:
                if each.size > LARGE:
                    await _message(client, starts[each.uid], each, sections, None)
        await client.drain()


def _starts(lines: Lines, texts: Mapping[int, bytes]) -> dict[int, bytes]:
    """Return by uid how each answer begins: with all but the sections."""
    heads = lines.heads(slice(None)) or [b""] * lines.uids.size
    rows = zip(lines.numbers.tolist(), lines.uids.tolist(), heads, strict=True)
    return {
        uid: b"* %d FETCH (%b" % (number, b" ".join(filter(None, (head, texts.get(uid)))))
        for number, uid, head in rows
    }


async def _message(
    client: Client, start: bytes, located: Located, sections: Sequence[Section], data: bytes | None
) -> None:
    """Answer for one message, section by section: many sections of a large one would not fit into memory.

    Without `data`, what is needed of the message is read piece by piece.
    """
    table = PartTable.decode(located.parts)
    skip = len(located.prefix)
    needs = [needed(section, table, skip) for section in sections]
    blob = await client.server.reader.blob(located.blob) if data is None else None
    client.unfinished = True
    client.send(start)
    space = b"" if start.endswith(b"(") else b" "
    for section, need in zip(sections, needs, strict=True):
        client.send(space)
        if need is None:
            client.send(written(section, None))
        elif data is not None:
            client.send(
                written(section, located.prefix[need.prefix] + data[skip + need.start : skip + need.end])
            )
        elif section.fields and blob is not None:
            pieces = [piece async for piece in client.server.reader.windows(blob, need.start, need.end)]
            client.send(written(section, b"".join((located.prefix[need.prefix], *pieces))))
        elif blob is not None:
            client.send(opening(section, need.size) + sendable(located.prefix[need.prefix]))
            async for piece in client.server.reader.windows(blob, need.start, need.end):
                client.send(sendable(piece))
                await client.drain_if_full()
        await client.drain_if_full()
        space = b" "
    client.send(b")\r\n")
    client.unfinished = False
