"""Mail is judged with all it takes from the database: the one way for scan workers, the local courier and submission.

Whoever judges for a door only answers what was found: what is done about it the doors and the courier say.
"""

import functools
import logging
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import DatabaseError

from apps.events.transactions import ask
from apps.queue.couriers import Parcel
from apps.queue.models import Origin
from apps.spam.envelopes import Envelope
from apps.spam.judged import verdict_of
from apps.spam.lists import About

if TYPE_CHECKING:
    from apps.spam.judging import Judge
    from apps.spam.sources import Home

log = logging.getLogger(__name__)

# Our own field, written by protocols/smtp/received: who brought a message is not kept beside it.
_BROUGHT = re.compile(rb"\AReceived: from (\S+) \(\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]\)")
_ONLY_OURS = frozenset({Origin.MX, Origin.SUBMISSION})


@functools.cache
def the_judge() -> "Judge":
    """Return the process's judge; all it takes is loaded when it is first asked for: most workers never judge."""
    from apps.spam import sources
    from apps.spam.judging import Judge

    return Judge(sources.load())


def warm_up() -> None:
    """Judge a letter that says nothing, so that all that is loaded at the first one is loaded now."""
    from apps.spam.sources import Home

    the_judge().judge(b"From: warm@up.invalid\r\nSubject: Warm-up\r\n\r\nHello\r\n", Envelope(), [Home(0)])


def judge(raw: bytes, envelope: Envelope, mailbox_ids: Sequence[int]) -> dict[str, Any]:
    """Judge one message for these mailboxes; return the verdict as it is kept."""
    return verdict_of(the_judge().judge(raw, envelope, functools.partial(homes, mailbox_ids)))


def homes(mailbox_ids: Sequence[int], about: About) -> "list[Home]":
    """Return the mailboxes with their lines and lists; a database that is away costs a message nothing but them."""
    from apps.spam import queries
    from apps.spam.sources import Home

    if not mailbox_ids:
        return []
    try:
        places = ask(queries.places_of(mailbox_ids))
        entries = ask(queries.entries_about(mailbox_ids, about))
        policies = ask(queries.attachment_policies(mailbox_ids))
    except (DatabaseError, psycopg.Error) as error:
        log.warning("lines and lists not read", extra={"error": str(error)})
        why = (("lists", "the database did not answer"),)
        return [Home(mailbox_id, missing=why) for mailbox_id in mailbox_ids]
    return [
        Home(
            one,
            place.settings,
            entries[one],
            place.organisation_id,
            place.domain_id,
            place.domain,
            place.owner_id,
            attachments=policies[one],
        )
        for one, place in places.items()
    ]


def needs_judging(parcel: Parcel) -> bool:
    """Whether nobody has judged a parcel that came through a door; what we write ourselves is not judged."""
    return parcel.verdict is None and parcel.origin in _ONLY_OURS


def envelope_of(parcels: Collection[Parcel]) -> Envelope:
    """Return how the message of these parcels came."""
    first = next(iter(parcels))
    brought = _BROUGHT.match(first.prefix)
    is_ours = first.origin == Origin.SUBMISSION
    return Envelope(
        sender=first.envelope.sender,
        recipients=tuple(parcel.recipient.address for parcel in parcels),
        address=brought[2].decode() if brought and not is_ours else "",
        helo=brought[1].decode("utf-8", "replace") if brought else "",
        login=first.envelope.sender if is_ours else "",
        checks=first.evidence or {},
        received_at=first.accepted_at,
    )
