"""Delivery status notifications, written (RFC 3461, 3462, 3464).

The words a person reads come in as `explanation`; this module gives them the machine-readable half and the
returned headers, and makes one message of the three.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

MAX_DIAGNOSTIC = 2000
MAX_RETURNED = 64 * 1024


class Action(enum.StrEnum):
    """What became of a recipient (RFC 3464 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What became of one recipient, and in whose words."""

    address: str
    action: Action
    status: str  # Enhanced code such as 5.1.1 (RFC 3463).
    original: str = ""  # ORCPT as it was given: `rfc822;someone@example.org`.
    remote_mta: str = ""
    diagnostic: str = ""  # The remote's words, code first.
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One notification to one sender."""

    reporting_mta: str
    to: str
    subject: str
    explanation: str
    message_id: str  # Without angle brackets.
    now: datetime
    recipients: Sequence[RecipientStatus]
    arrived: datetime | None = None
    envelope_id: str = ""
    original: bytes = b""  # The message as it was accepted.
    return_full: bool = False
    boundary: str = "report"


def one_line(text: str, limit: int = MAX_DIAGNOSTIC) -> str:
    """Return `text` as printable ASCII on one line: what a stranger said must not add header fields."""
    flat = " ".join(text.split())
    return "".join(c if " " <= c <= "~" else "?" for c in flat)[:limit]


def headers_of(message: bytes) -> bytes:
    """Return the header block with its CRLF line ends, cut at a line within 64 KB."""
    end = message.find(b"\r\n\r\n")
    block = message if end < 0 else message[: end + 2]
    if len(block) > MAX_RETURNED:
        block = block[: block.rfind(b"\r\n", 0, MAX_RETURNED) + 2]
    return block if block.endswith(b"\r\n") else block + b"\r\n"


def write(report: Report) -> bytes:
    """Return the notification as a message with CRLF line ends, headers first."""
    is_eight_bit = not report.explanation.isascii()
    returned = report.original if report.return_full else headers_of(report.original)
    returned_type = "message/rfc822" if report.return_full else "text/rfc822-headers"
    if not returned.isascii():
        # RFC 6533: what may hold UTF-8 is labelled so, and readers that know only ASCII keep away.
        returned_type = "message/global" if report.return_full else "message/global-headers"
    boundary = _unused_boundary(report, returned)
    head = [
        f"Date: {format_datetime(report.now)}",
        f"From: Mail Delivery System <MAILER-DAEMON@{report.reporting_mta}>",
        f"To: <{report.to}>",
        f"Subject: {one_line(report.subject)}",
        f"Message-ID: <{report.message_id}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
        "",
        "",
    ]
    body = [
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Transfer-Encoding: {'8bit' if is_eight_bit else '7bit'}",
        "",
        *report.explanation.splitlines(),
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        *_message_fields(report),
        "",
    ]
    for recipient in report.recipients:
        body += [*_recipient_fields(recipient), ""]
    body += [f"--{boundary}", f"Content-Type: {returned_type}", *_encoding_of(returned), "", ""]
    text = "\r\n".join(head + body).encode("utf-8", "replace")
    return text + returned + (b"" if returned.endswith(b"\r\n") else b"\r\n") + f"--{boundary}--\r\n".encode()


def _encoding_of(returned: bytes) -> list[str]:
    return [] if returned.isascii() else ["Content-Transfer-Encoding: 8bit"]


def _unused_boundary(report: Report, returned: bytes) -> str:
    boundary = report.boundary
    used = returned + report.explanation.encode("utf-8", "replace")
    while f"--{boundary}".encode() in used:
        boundary += "x"
    return boundary


def _message_fields(report: Report) -> list[str]:
    fields = [f"Reporting-MTA: dns; {report.reporting_mta}"]
    if report.envelope_id:
        fields.append(f"Original-Envelope-Id: {one_line(report.envelope_id)}")
    if report.arrived:
        fields.append(f"Arrival-Date: {format_datetime(report.arrived)}")
    return fields


def _recipient_fields(recipient: RecipientStatus) -> list[str]:
    kind = "rfc822" if recipient.address.isascii() else "utf-8"
    fields = []
    if recipient.original:
        fields.append(f"Original-Recipient: {one_line(recipient.original)}")
    fields += [
        f"Final-Recipient: {kind}; {recipient.address if kind == 'utf-8' else one_line(recipient.address)}",
        f"Action: {recipient.action.value}",
        f"Status: {recipient.status}",
    ]
    if recipient.remote_mta:
        fields.append(f"Remote-MTA: dns; {one_line(recipient.remote_mta)}")
    if recipient.diagnostic:
        fields.append(f"Diagnostic-Code: smtp; {one_line(recipient.diagnostic)}")
    if recipient.last_attempt:
        fields.append(f"Last-Attempt-Date: {format_datetime(recipient.last_attempt)}")
    if recipient.will_retry_until:
        fields.append(f"Will-Retry-Until: {format_datetime(recipient.will_retry_until)}")
    return fields
