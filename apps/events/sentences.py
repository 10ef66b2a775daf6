"""The trace in plain sentences: what console, webmail and `manage.py trace` show."""

from collections.abc import Callable, Mapping
from typing import Any

from .trace import Kind, Recorded

type Detail = Mapping[str, Any]


def sentence(event: Recorded) -> str:
    """Return one event as a sentence; an event of a kind unknown here is named and shown as it is."""
    write = _SENTENCES.get(event.kind)
    return write(event.detail) if write else f"{event.kind}: {dict(event.detail)}"


def _reply(detail: Detail) -> str:
    host = f"{detail['host']} said" if detail.get("host") else "we said"
    return f": {host} “{detail['reply']}”" if detail.get("reply") else ""


def _to(detail: Detail) -> str:
    return str(detail.get("recipient") or "a recipient")


def _refused(detail: Detail) -> str:
    if "count" in detail:
        where, why = detail.get("network", "somewhere"), detail.get("reason", "no reason given")
        return f"{detail['count']} more were refused from {where} in that minute ({why})."
    words = f"Refused from {detail.get('peer', 'somewhere')}: {detail.get('reason', 'no reason given')}"
    if detail.get("recipient"):
        words += f", for {detail['recipient']}"
    return words + (f"; the answer was “{detail['reply']}”." if detail.get("reply") else ".")


def _accepted(detail: Detail) -> str:
    door = {"mx": "another server", "submission": "one of our users", "internal": "ourselves"}
    words = f"Accepted from {door.get(str(detail.get('origin')), 'somewhere')}"
    if detail.get("peer"):
        words += f" ({detail['peer']}{', ' + str(detail['helo']) if detail.get('helo') else ''})"
    if detail.get("tls"):
        words += f" over {detail['tls']}"
    recipients = [str(r) for r in detail.get("recipients", ())]
    more = int(detail.get("more", 0))
    to = ", ".join(recipients) + (f" and {more} more" if more else "")
    words += f", from <{detail.get('sender', '')}> to {to or 'nobody'}, {detail.get('size', 0)} bytes"
    if detail.get("message_id"):
        words += f", Message-ID {detail['message_id']}"
    return words + ("." if detail.get("judged") else ", not judged.")


def _filed(detail: Detail) -> str:
    return f"Filed for {_to(detail)} in {detail.get('folder', 'a folder')}, uid {detail.get('uid', '?')}."


def _deferred(detail: Detail) -> str:
    when = f"; next attempt at {detail['next_attempt']}" if detail.get("next_attempt") else ""
    return f"Not yet delivered to {_to(detail)}{_reply(detail)}{when}."


def _moved(detail: Detail) -> str:
    return f"Moved from {detail.get('from', 'a folder')} to {detail.get('to', 'a folder')}."


_SENTENCES: dict[str, Callable[[Detail], str]] = {
    Kind.REFUSED: _refused,
    Kind.ACCEPTED: _accepted,
    Kind.FILED: _filed,
    Kind.DELIVERED: lambda d: f"Delivered to {_to(d)}{_reply(d)}.",
    Kind.DEFERRED: _deferred,
    Kind.FAILED: lambda d: f"Refused for good for {_to(d)}{_reply(d)}.",
    Kind.EXPIRED: lambda d: f"Given up for {_to(d)} after trying for as long as we promise{_reply(d)}.",
    Kind.BOUNCED: lambda d: f"A report about {_to(d)} was queued for {d.get('to') or 'the sender'}.",
    Kind.POISONED: lambda d: f"Set aside for {_to(d)}: handling it failed ({d.get('reason', 'unknown')}).",
    Kind.HELD: lambda d: f"Held for {_to(d)} ({d.get('reason', 'no reason given')}).",
    Kind.RELEASED: lambda d: f"Released for {_to(d)}.",
    Kind.RETRIED: lambda d: f"Made due at once for {_to(d)}.",
    Kind.CANCELLED: lambda d: f"Given up for {_to(d)} by an operator ({d.get('reason', 'no reason given')}).",
    Kind.MOVED: _moved,
    Kind.DELETED: lambda d: f"Deleted from {d.get('folder', 'a folder')}.",
}
