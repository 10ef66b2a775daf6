"""The trace in plain sentences, in the reader's language: what console, webmail and `manage.py trace` show."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from .trace import Kind, Recorded

type Detail = Mapping[str, Any]


def sentence(event: Recorded) -> str:
    """Return one event as a sentence; an event of a kind unknown here is named and shown as it is."""
    write = _SENTENCES.get(event.kind)
    return write(event.detail) if write else f"{event.kind}: {dict(event.detail)}"


def _reply(detail: Detail) -> str:
    if not detail.get("reply"):
        return ""
    if detail.get("host"):
        return _(": %(host)s said “%(reply)s”") % {"host": detail["host"], "reply": detail["reply"]}
    return _(": we said “%(reply)s”") % {"reply": detail["reply"]}


def _about(detail: Detail) -> dict[str, Any]:
    """Return what most sentences name: the recipient, the last words, and the reason."""
    return {
        "recipient": str(detail.get("recipient") or _("a recipient")),
        "reply": _reply(detail),
        "reason": detail.get("reason") or _("no reason given"),
    }


def _refused(detail: Detail) -> str:
    reason = detail.get("reason", _("no reason given"))
    if "count" in detail:
        return _("%(count)s more were refused from %(network)s in that minute (%(reason)s).") % {
            "count": detail["count"],
            "network": detail.get("network", _("somewhere")),
            "reason": reason,
        }
    words = _("Refused from %(peer)s: %(reason)s") % {
        "peer": detail.get("peer", _("somewhere")),
        "reason": reason,
    }
    if detail.get("recipient"):
        words += _(", for %(recipient)s") % {"recipient": detail["recipient"]}
    if detail.get("reply"):
        words += _("; the answer was “%(reply)s”") % {"reply": detail["reply"]}
    return words + "."


def _accepted(detail: Detail) -> str:
    doors = {"mx": _("another server"), "submission": _("one of our users"), "internal": _("ourselves")}
    words = _("Accepted from %(door)s") % {"door": doors.get(str(detail.get("origin")), _("somewhere"))}
    if detail.get("peer"):
        words += f" ({detail['peer']}{', ' + str(detail['helo']) if detail.get('helo') else ''})"
    if detail.get("tls"):
        words += _(" over %(tls)s") % {"tls": detail["tls"]}
    words += _(", from <%(sender)s> to %(recipients)s, %(size)s bytes") % {
        "sender": detail.get("sender", ""),
        "recipients": _recipients(detail),
        "size": detail.get("size", 0),
    }
    if detail.get("message_id"):
        words += _(", Message-ID %(message_id)s") % {"message_id": detail["message_id"]}
    words += "." if detail.get("judged") else _(", not judged.")
    return f"{words} {checked}" if (checked := _checked(detail.get("checks"))) else words


def _checked(checks: object) -> str:
    """Say whether the sender was confirmed; nothing where nobody asked."""
    dmarc = checks.get("dmarc") if isinstance(checks, Mapping) else None
    if not isinstance(checks, Mapping) or not isinstance(dmarc, Mapping):
        return ""
    author = checks.get("author")
    if isinstance(author, Mapping) and (
        dmarc.get("result") not in {"pass", "fail"} or dmarc.get("policy") not in {"quarantine", "reject"}
    ):
        return _("Who wrote it cannot be said: %(reason)s.") % {"reason": author.get("reason", "")}
    told = {
        "domain": dmarc.get("domain") or _("the domain of the author"),
        "reason": checks.get("override", ""),
    }
    match dmarc.get("result"):
        case "pass":
            told["how"] = " + ".join(str(one).upper() for one in dmarc.get("aligned", ()))
            return _("%(how)s confirm that it comes from %(domain)s.") % told
        case "fail" if told["reason"]:
            return (
                _("Nothing confirms that it comes from %(domain)s; its policy was not followed (%(reason)s).")
                % told
            )
        case "fail" if dmarc.get("policy") in {"quarantine", "reject"}:
            return _("Nothing confirms that it comes from %(domain)s, which asks to treat it as junk.") % told
        case "fail":
            return _("Nothing confirms that it comes from %(domain)s, which asks for nothing then.") % told
        case "none":
            return _("%(domain)s does not say how its mail can be recognised.") % told
    return _("Whether it comes from %(domain)s could not be found out.") % told


def _recipients(detail: Detail) -> str:
    """Return whom a message is for, and what its sender wrote to reach them."""
    written = detail.get("written") or {}
    names = []
    for recipient in map(str, detail.get("recipients", ())):
        if recipient in written:
            told = {"recipient": recipient, "written": ", ".join(map(str, written[recipient]))}
            names.append(_("%(recipient)s (written to %(written)s)") % told)
        else:
            names.append(recipient)
    if not names:
        return _("nobody")
    if more := int(detail.get("more", 0)):
        return _("%(recipients)s and %(more)s more") % {"recipients": ", ".join(names), "more": more}
    return ", ".join(names)


def _filed(detail: Detail) -> str:
    words = _("Filed for %(recipient)s in %(folder)s, uid %(uid)s.") % {
        **_about(detail),
        "folder": detail.get("folder", _("a folder")),
        "uid": detail.get("uid", "?"),
    }
    return f"{words} {judged}" if (judged := _judged(detail)) else words


def _judged(detail: Detail) -> str:
    """Say what the filter made of it; nothing where nobody judged."""
    sorts = {
        "inbox": _("wanted"),
        "tag": _("perhaps unwanted"),
        "junk": _("unwanted"),
        "quarantine": _("unwanted"),
        "refuse": _("unwanted"),
    }
    score = detail.get("score")
    if detail.get("action") not in sorts or not isinstance(score, int | float):
        return ""
    told = {"sort": sorts[str(detail["action"])], "score": f"{score:.1f}"}
    if detail.get("missing"):
        names = ", ".join(str(one[0]) for one in detail["missing"] if one)
        return _("Judged to be %(sort)s, with a score of %(score)s, without %(names)s.") % {
            **told,
            "names": names,
        }
    return _("Judged to be %(sort)s, with a score of %(score)s.") % told


def _moment(text: object) -> str:
    """Return a time as it was recorded, by the clock of whoever reads."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return ""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M %Z}" if moment.tzinfo else ""


def _deferred(detail: Detail) -> str:
    told = {**_about(detail), "when": _moment(detail.get("next_attempt"))}
    if told["when"]:
        return _("Not yet delivered to %(recipient)s%(reply)s; next attempt at %(when)s.") % told
    return _("Not yet delivered to %(recipient)s%(reply)s.") % told


def _bounced(detail: Detail) -> str:
    told = {**_about(detail), "to": detail.get("to") or _("the sender")}
    return _("A report about %(recipient)s was queued for %(to)s.") % told


def _moved(detail: Detail) -> str:
    places = {"from": detail.get("from", _("a folder")), "to": detail.get("to", _("a folder"))}
    return _("Moved from %(from)s to %(to)s.") % places


_SENTENCES: dict[str, Callable[[Detail], str]] = {
    Kind.REFUSED: _refused,
    Kind.ACCEPTED: _accepted,
    Kind.FILED: _filed,
    Kind.DELIVERED: lambda d: _("Delivered to %(recipient)s%(reply)s.") % _about(d),
    Kind.DEFERRED: _deferred,
    Kind.FAILED: lambda d: _("Refused for good for %(recipient)s%(reply)s.") % _about(d),
    Kind.EXPIRED: lambda d: (
        _("Given up for %(recipient)s after trying for as long as we promise%(reply)s.") % _about(d)
    ),
    Kind.BOUNCED: _bounced,
    Kind.POISONED: lambda d: _("Set aside for %(recipient)s: handling it failed (%(reason)s).") % _about(d),
    Kind.HELD: lambda d: _("Held for %(recipient)s (%(reason)s).") % _about(d),
    Kind.RELEASED: lambda d: _("Released for %(recipient)s.") % _about(d),
    Kind.RETRIED: lambda d: _("Made due at once for %(recipient)s.") % _about(d),
    Kind.CANCELLED: lambda d: _("Given up for %(recipient)s by an operator (%(reason)s).") % _about(d),
    Kind.MOVED: _moved,
    Kind.DELETED: lambda d: _("Deleted from %(folder)s.") % {"folder": d.get("folder", _("a folder"))},
}
