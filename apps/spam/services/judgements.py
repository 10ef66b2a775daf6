"""Judgements written down, and what became of the messages."""

import json
import uuid
from collections.abc import Sequence

from apps.events.transactions import Plan, Run, query
from apps.spam import sql
from apps.spam.judged import Record, kept, stripped
from apps.spam.models import Judgement


def write(records: Sequence[Record]) -> Plan[None]:
    """Write judgements down, in the transaction this plan is part of."""
    if not records:
        return
    decisions = [record.decision for record in records]
    known = {"action", "score", "probability", "sort", "reason"}
    yield Run(
        sql.RECORD,
        (
            [record.mailbox_id for record in records],
            [record.organisation_id for record in records],
            [record.trace_id for record in records],
            [record.content_id for record in records],
            [record.parcel_id for record in records],
            [record.is_outbound for record in records],
            [kept(record.sender) for record in records],
            [kept(record.subject) for record in records],
            [float(one["score"]) for one in decisions],
            [float(one["probability"]) for one in decisions],
            [one["action"] for one in decisions],
            [one.get("sort", "") for one in decisions],
            [one["reason"] for one in decisions],
            [_json({name: value for name, value in one.items() if name not in known}) for one in decisions],
            [_json(record.symbols) for record in records],
            [_json(record.missing) for record in records],
            [_json(record.versions) for record in records],
            [record.vector for record in records],
            [record.milliseconds for record in records],
            [record.state for record in records],
        ),
    )


def _json(value: object) -> str:
    return json.dumps(_clean(value), separators=(",", ":"))


def _clean(value: object) -> object:
    """Leave out what PostgreSQL takes in no text: of the values, for in JSON's own text it may be what somebody wrote."""
    match value:
        case str():
            return stripped(value)
        case dict():
            return {_clean(name): _clean(item) for name, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value


def held_before(places: Sequence[tuple[int, uuid.UUID]]) -> Plan[dict[int, str]]:
    """Return which parcels of these mailboxes and messages were quarantined before, and what was said of them since.

    Being due again, they were let go.
    """
    if not places:
        return {}
    rows = yield from query(sql.HELD_BEFORE, ([one for one, _ in places], [one for _, one in places]))
    return {row[0]: row[1] for row in rows}


def filed_after_all(placed: Sequence[tuple[int, uuid.UUID, int, int]]) -> Plan[None]:
    """Remember that what was held is in a folder: mailbox, trace, parcel and content of each."""
    if placed:
        columns = [list(column) for column in zip(*placed, strict=True)]
        yield Run(sql.FILED_AFTER_ALL, columns)


def mark(
    mailbox_id: int, content_ids: Sequence[int], *, state: str | None = None, label: str | None = None
) -> Plan[None]:
    """Remember where messages went, or what their owner said of them."""
    yield Run(
        sql.MARK, {"mailbox": mailbox_id, "contents": list(content_ids), "state": state, "label": label}
    )


def mark_placed(
    mailbox_id: int, folder_id: int, uids: tuple[int, int], *, state: str, label: str | None
) -> Plan[None]:
    """Remember what it says of messages that they are in this folder now."""
    yield Run(
        sql.MARK_PLACED,
        {
            "mailbox": mailbox_id,
            "folder": folder_id,
            "first": uids[0],
            "last": uids[1],
            "state": state,
            "label": label,
        },
    )


def label(judgement: Judgement, word: str) -> Plan[None]:
    """Remember what somebody said of a message that is in no folder."""
    yield Run(sql.LABEL, (word, judgement.mailbox_id, judgement.judged_at, judgement.id))


def dropped(judgement: Judgement) -> Plan[None]:
    """Remember that a message that was held is gone."""
    yield Run(sql.DROPPED, (judgement.mailbox_id, judgement.judged_at, judgement.id))
