"""The local courier judges what nobody judged at the door: so much at once that new mail never waits for it."""

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from apps.events.context import tracing
from apps.events.transactions import perform
from apps.queue.couriers import Parcel
from apps.store import blobs
from apps.store.blobs import BlobRef

from . import filtering

log = logging.getLogger(__name__)

SECONDS = 0.4
"""How long one batch may be judged; with what it takes to file it, new mail waits less than a second."""


def judge(parcels: Sequence[Parcel], *, seconds: float = SECONDS) -> tuple[dict[int, Any], frozenset[int]]:
    """Judge the messages of these parcels; return the verdicts, and which messages there was no time for.

    A message that cannot be judged has no verdict, and is filed all the same.
    """
    if not settings.MAIL_SPAM:
        return {}, frozenset()
    ends = time.monotonic() + seconds
    by_message: defaultdict[int, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_message[parcel.message_id].append(parcel)
    verdicts: dict[int, Any] = {}
    waiting = list(by_message)
    while waiting:
        message_id = waiting.pop(0)
        if (found := _judge(by_message[message_id])) is not None:
            verdicts[message_id] = found
        if time.monotonic() > ends:
            break
    return verdicts, frozenset(waiting)


def _judge(parcels: Sequence[Parcel]) -> dict[str, Any] | None:
    first = parcels[0]
    with tracing(first.trace_id):
        try:
            raw = perform(blobs.get(BlobRef(first.organisation_id, first.blob_hash, first.size)))
            mailboxes = [p.recipient.mailbox_id for p in parcels if p.recipient.mailbox_id is not None]
            return filtering.judge(raw, filtering.envelope_of(parcels), mailboxes)
        except Exception:
            log.exception("not judged", extra={"message": first.message_id})
            return None
