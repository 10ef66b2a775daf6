"""A complaint or a failure report about one message (ARF: RFC 5965, 6591)."""

import ipaddress
from dataclasses import dataclass

from apps.protocols.mime.dates import parse_date
from apps.protocols.mime.headers import decode_text, every, first, header_end, unfold

from .limits import MAX_RESULTS, MAX_TEXT, ReportError

KINDS = frozenset({"abuse", "auth-failure", "fraud", "not-spam", "virus", "other", "opt-out", "opt-out-list"})
MAX_FIELDS_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Feedback:
    """One report. What its sender left out is '' or None."""

    kind: str
    user_agent: str = ""
    version: str = ""
    source: str = ""
    mail_from: str = ""
    rcpt_to: str = ""
    envelope_id: str = ""
    arrived: int | None = None
    incidents: int = 1
    reporting_mta: str = ""
    reported_domains: tuple[str, ...] = ()
    reported_uris: tuple[str, ...] = ()
    authentication_results: tuple[str, ...] = ()
    auth_failure: str = ""
    delivery_result: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    subject: str = ""
    """Of the message it is about, as far as it came with the report."""
    message_id: str = ""
    author: str = ""


def read_feedback(fields: bytes, original: bytes = b"") -> Feedback:
    """Read the machine-readable part, and the header of the message it is about; raises ReportError."""
    block = fields[:MAX_FIELDS_BYTES].strip() + b"\r\n"
    kind = _text(block, b"feedback-type").lower()
    if not kind:
        raise ReportError("a feedback report of no type")
    incidents = _text(block, b"incidents")
    about = original[: min(len(original), MAX_FIELDS_BYTES)]
    about = about[: header_end(about)]
    return Feedback(
        kind=kind if kind in KINDS else "other",
        user_agent=_text(block, b"user-agent"),
        version=_text(block, b"version")[:20],
        source=_address(_text(block, b"source-ip")),
        mail_from=_text(block, b"original-mail-from"),
        rcpt_to=_text(block, b"original-rcpt-to"),
        envelope_id=_text(block, b"original-envelope-id"),
        arrived=parse_date(first(block, b"arrival-date") or first(block, b"received-date") or b""),
        incidents=int(incidents)
        if incidents.isascii() and incidents.isdecimal() and len(incidents) < 9
        else 1,
        reporting_mta=_text(block, b"reporting-mta"),
        reported_domains=tuple(text.lower() for text in _texts(block, b"reported-domain")),
        reported_uris=_texts(block, b"reported-uri"),
        authentication_results=_texts(block, b"authentication-results"),
        auth_failure=_text(block, b"auth-failure").lower(),
        delivery_result=_text(block, b"delivery-result").lower(),
        dkim_domain=_text(block, b"dkim-domain").lower(),
        dkim_selector=_text(block, b"dkim-selector"),
        subject=_text(about, b"subject"),
        message_id=_text(about, b"message-id"),
        author=_text(about, b"from"),
    )


def _text(block: bytes, name: bytes) -> str:
    return _clean(first(block, name) or b"")


def _texts(block: bytes, name: bytes) -> tuple[str, ...]:
    return tuple(map(_clean, every(block, name)[:MAX_RESULTS]))


def _clean(value: bytes) -> str:
    return decode_text(unfold(value[: 4 * MAX_TEXT])).replace("\0", "").strip()[:MAX_TEXT]


def _address(text: str) -> str:
    try:
        # Some write the name of the host behind it.
        return str(ipaddress.ip_address(text.partition(" ")[0].strip("[]")))
    except ValueError:
        return ""
