"""Mailboxes with folders, messages to put into them, and what must hold of both."""

import itertools
import os
from dataclasses import dataclass, field
from typing import Any

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.transactions import Plan, perform, query
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.store.blobs import PackedBlob
from apps.store.flags import NONE, Flags, names_of
from apps.store.models import FolderLog
from apps.store.services import folders, messages
from apps.store.values import FolderRef, MessageFacts, NewMessage, Placed

_NUMBERS = itertools.count(1)
FACTS = MessageFacts(envelope=b"(NIL)", structure=b"(NIL)", parts=b"\1")


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox and its folders by name."""

    mailbox_id: int
    organisation_id: int
    folders: dict[str, FolderRef] = field(default_factory=dict)

    def __getitem__(self, name: str) -> FolderRef:
        return self.folders[name]


def an_owner(local: str, organisation: Organisation) -> User:
    domain = Domain.objects.get(name=f"{organisation.name}.test")
    return User.objects.create(address=f"{local}@{domain.name}", domain=domain, organisation=organisation)


def a_box(local: str = "alice", *, organisation_id: int | None = None, quota: int = 0) -> Box:
    """Make a mailbox with the folders each has, in an organisation of its own unless told."""
    name = f"store-{os.getpid():x}-{next(_NUMBERS)}"
    if organisation_id is None:
        organisation_id = Organisation.objects.create(name=name).pk
    domain = Domain.objects.create(organisation_id=organisation_id, name=f"{name}.test")
    mailbox = Mailbox.objects.create(domain=domain, local_part=local, quota_bytes=quota)
    perform(folders.ensure_defaults(mailbox.pk))
    return Box(
        mailbox.pk,
        organisation_id,
        {folder.name: FolderRef(mailbox.pk, folder.pk) for folder in mailbox.folders.all()},
    )


def a_message(
    box: Box,
    folder: str = "INBOX",
    *,
    body: bytes | PackedBlob = b"Subject: hi\r\n\r\nhello\r\n",
    facts: MessageFacts = FACTS,
    flags: Flags = NONE,
    prefix: bytes = b"",
    uid: int | None = None,
) -> NewMessage:
    return NewMessage(
        box.organisation_id,
        box.mailbox_id,
        box[folder].folder_id,
        body,
        facts,
        internaldate=1_700_000_000,
        prefix=prefix,
        flags=flags,
        uid=uid,
    )


def put(*items: NewMessage) -> list[int]:
    """Place messages; return their uids."""
    placed = perform(messages.append(items, enforce_quota=False))
    assert all(isinstance(one, Placed) for one in placed)
    return [one.uid for one in placed if isinstance(one, Placed)]


type Picture = dict[int, frozenset[str]]


def look(ref: FolderRef) -> Plan[tuple[Picture, Picture, list[str]]]:
    """Return a folder's flags by name from its rows and from its log, and what does not agree."""
    keywords: dict[int, str] = dict(
        (yield from query("SELECT bit::int, name FROM store_keyword WHERE mailbox_id = %s", [ref.mailbox_id]))
    )
    held = yield from query(
        "SELECT uid, flags, more_kw, modseq, size FROM store_message WHERE mailbox_id = %s AND folder_id = %s",
        [ref.mailbox_id, ref.folder_id],
    )
    log = yield from query(
        "SELECT modseq, part, op, mask, names, ARRAY(SELECT lower(r) FROM unnest(uids) r),"
        " ARRAY(SELECT upper(r) FROM unnest(uids) r) FROM store_folderlog"
        " WHERE mailbox_id = %s AND folder_id = %s ORDER BY modseq, part",
        [ref.mailbox_id, ref.folder_id],
    )
    counters = yield from query(
        "SELECT n_messages, n_unseen, n_bytes, uidnext, modseq FROM store_folder WHERE id = %s",
        [ref.folder_id],
    )
    wrong = []
    [(n_messages, n_unseen, n_bytes, uidnext, modseq)] = counters
    if (n_messages, n_unseen, n_bytes) != (
        len(held),
        sum(not row[1] & 1 for row in held),
        sum(row[4] for row in held),
    ):
        wrong.append(f"counters {(n_messages, n_unseen, n_bytes)} of {len(held)} rows")
    if sorted({row[0] for row in log}) != list(range(2, modseq + 1)):
        wrong.append(f"modseqs of the log {[row[0] for row in log]} up to {modseq}")
    if any(row[0] >= uidnext or row[3] > modseq for row in held):
        wrong.append("a uid or modseq of the future")
    state, changed = replay(log)
    if any(changed[row[0]] != row[3] for row in held if row[0] in changed):
        wrong.append("a modseq that the log does not know")
    by_rows = {uid: frozenset(names_of(flags, keywords, more)) for uid, flags, more, _, _ in held}
    by_log = {uid: frozenset(names_of(mask, keywords, more)) for uid, (mask, more) in state.items()}
    return by_rows, by_log, wrong


def replay(log: list[tuple[Any, ...]]) -> tuple[dict[int, tuple[int, frozenset[str]]], dict[int, int]]:
    """Apply a folder's log from empty: uid -> (bits, keywords beyond them), and uid -> modseq."""
    state: dict[int, tuple[int, frozenset[str]]] = {}
    changed: dict[int, int] = {}
    op = FolderLog.Op
    for modseq, _, kind, mask, names, lows, highs in log:
        more = frozenset(names or ())
        for uid in (uid for low, high in zip(lows, highs, strict=True) for uid in range(low, high)):
            if kind == op.EXPUNGE:
                del state[uid], changed[uid]
                continue
            bits, others = state.get(uid, (0, frozenset()))
            state[uid] = {
                op.APPEND: (mask, more),
                op.ADD: (bits | mask, others | more),
                op.REMOVE: (bits & ~mask, others - more),
                op.REPLACE: (mask, more),
            }[kind]
            changed[uid] = modseq
    return state, changed


def usage(mailbox_id: int) -> Plan[tuple[Any, Any]]:
    """Return what a mailbox is said to hold, and what its rows hold."""
    said = yield from query("SELECT bytes, messages FROM mailboxes_usage WHERE mailbox_id = %s", [mailbox_id])
    held = yield from query(
        "SELECT coalesce(sum(size), 0)::bigint, count(*) FROM store_message WHERE mailbox_id = %s",
        [mailbox_id],
    )
    return said[0], held[0]


def picture(box: Box, folder: str) -> Picture:
    """Return the flags of a folder's messages, once rows, log, counters and usage are found to agree."""
    by_rows, by_log, wrong = perform(look(box[folder]))
    said, held = perform(usage(box.mailbox_id))
    assert wrong == []
    assert by_rows == by_log
    assert said == held
    return by_rows
