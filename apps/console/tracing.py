"""What is typed into the search of messages, understood; and a story, laid out for its page."""

import ipaddress
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.events.queries import Outcome, Story, Told, TraceSearch
from apps.events.trace import Kind, key

from .words_of_mail import FACTS, stand

SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "ever": timedelta(days=36_500),
}
USUAL = "week"
# Words that begin like this are one field each, as in the webmail's search.
_PREFIXES = {"from": "sender", "to": "recipient", "host": "host", "ip": "host", "id": "message_id"}
# Facts that a reader looks for in the sentence, not below it; and numbers of ours that help nobody.
_UNTOLD = frozenset({"folder_id", "mailbox_id", "more", "written", "count"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A search of messages, and what could not be understood of it."""

    search: TraceSearch
    span: str = USUAL
    zone: str = "UTC"
    faults: tuple[str, ...] = ()


def read(query: Mapping[str, str], *, now: datetime) -> Asked:
    """Read a page's query. Times are in the zone it names, or the reader's, and go before a span."""
    values, faults = _words(query.get("q", "")), []
    for name in ("sender", "recipient", "host"):
        if text := _text(query.get(name, "")):
            values[name] = text
    span = query.get("time", "")
    span = span if span in SPANS else USUAL
    values |= {"since": now - SPANS[span], "after": query.get("after", "")}
    zone = _zone(query.get("zone", ""))
    for name, field in (("from", "since"), ("until", "until")):
        if text := _text(query.get(name, "")):
            if moment := _moment(text, zone):
                values[field] = moment
            else:
                faults.append(
                    _("“%(text)s” is no time. Write it like 2026-11-24 14:00.") % {"text": text[:40]}
                )
    if query.get("outcome") in set(Outcome):
        values["outcome"] = Outcome(query["outcome"])
    return Asked(TraceSearch(**values), span, zone.key, tuple(faults))


def _words(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in _text(text).split()[:8]:
        prefix, colon, rest = word.partition(":")
        if colon and rest and prefix.lower() in _PREFIXES:
            found[_PREFIXES[prefix.lower()]] = rest
        elif (trace_id := trace_id_of(word)) is not None:
            found["trace_id"] = trace_id
        elif is_ip(word):
            found["host"] = word
        else:
            # A domain stands for all of its addresses. Addresses and Message-IDs are found alike.
            name = word if "@" in word or "." not in word or word.startswith("<") else f"@{word}"
            found["message_id" if "address" in found else "address"] = name
    return found


def trace_id_of(text: str) -> uuid.UUID | None:
    """Return the id of a trace that somebody wrote, if it is one."""
    try:
        return uuid.UUID(text) if len(text) in {32, 36} else None
    except ValueError:
        return None


def is_ip(text: str) -> bool:
    """Tell whether this is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:1000]


def _zone(name: str) -> ZoneInfo:
    """Return a zone by name, so that a search that was shared keeps its times; else the reader's."""
    try:
        return ZoneInfo(name[:60] or timezone.get_current_timezone_name())
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """One event: its look, its sentence, and what else is known of it."""

    told: Told
    look: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a message stands at one recipient, and what they were written to as."""

    recipient: str
    written: str
    look: str
    word: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A story laid out."""

    trace_id: uuid.UUID
    lead: str
    """What became of it, in one sentence."""
    came: Mapping[str, Any]
    steps: tuple[Step, ...]
    stands: tuple[Stand, ...]
    more: int
    took: timedelta | None
    """From the first event to the last delivery."""


def lay_out(story: Story) -> Page:
    """Return a story as its page shows it."""
    first = story.events[0]
    came = first.detail if first.kind in {Kind.ACCEPTED, Kind.REFUSED} else {}
    done = [told.at for told in story.events if told.kind in {Kind.FILED, Kind.DELIVERED}]
    took = done[-1] - first.at if done and first.kind == Kind.ACCEPTED else None
    steps = tuple(Step(told, stand(told.kind)[0], tuple(_facts(told))) for told in story.events)
    stands = tuple(_stands(story, came))
    return Page(story.trace_id, _lead(story, stands), came, steps, stands, int(came.get("more", 0)), took)


def _lead(story: Story, stands: Sequence[Stand]) -> str:
    if len(stands) < 2:
        return story.events[-1].sentence
    counts = Counter(one.word for one in stands)
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    return _("%(count)s recipients: %(told)s.") % {"count": len(stands), "told": told}


def _stands(story: Story, came: Mapping[str, Any]) -> Iterator[Stand]:
    """Return the last thing known of each recipient, in the order in which they were named."""
    last: dict[str, Told | None] = dict.fromkeys(map(str, came.get("recipients", ())))
    for told in story.events:
        recipient = told.detail.get("recipient")
        if recipient and told.kind != Kind.BOUNCED:
            last[str(recipient)] = told
    written = came.get("written") or {}
    for recipient, newest in last.items():
        look, word = stand(newest.kind if newest else Kind.ACCEPTED)
        as_written = ", ".join(map(str, written.get(recipient, ())))
        yield Stand(
            recipient,
            "" if key(as_written) == key(recipient) else as_written,
            look,
            word,
            newest.at if newest else None,
        )


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    checks = told.detail.get("checks")
    pairs = [(name, value) for name, value in told.detail.items() if name != "checks"]
    if isinstance(checks, Mapping):
        pairs += _checks(checks)
    for name, value in pairs:
        if name in _UNTOLD or value in ("", None, [], {}):
            continue
        match value:
            case list() | tuple():
                text = ", ".join(map(str, value))
            case Mapping():
                text = ", ".join(f"{inner}: {item}" for inner, item in value.items())
            case _:
                text = str(value)
        yield str(FACTS.get(name, name)), text


def _checks(checks: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return what checking the sender came to: for each check a line, for each signature one."""
    for name, found in checks.items():
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, Mapping):
                yield name, str(one)
                continue
            words = []
            for part, value in one.items():
                text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                words.append(f"p={text}" if part == "policy" else text)
            yield name, " · ".join(words)
