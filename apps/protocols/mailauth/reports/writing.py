"""Reports as messages: gzip within a multipart, named as receivers expect (RFC 7489 7.2.1.1, RFC 8460 5)."""

import datetime as dt
import zlib
from dataclasses import dataclass

from apps.protocols.mime.dates import format_date
from apps.protocols.mime.header_text import field, text_chunks
from apps.protocols.mime.transfer import base64_lines

from .aggregate import AggregateReport
from .aggregate_writing import aggregate_xml
from .tls import TlsReport
from .tls_writing import tls_json


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who sends a report, to whom, and when."""

    author: str
    """An address that takes no answers."""
    to: str
    submitter: str
    """The name of the server that saw what is reported."""
    message_id: str
    now: dt.datetime


def packed(data: bytes) -> bytes:
    """Return a gzip that names neither a time nor a file, so that equal reports are equal."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    return deflate.compress(data) + deflate.flush()


def aggregate_message(report: AggregateReport, head: Letterhead) -> bytes:
    """Write an aggregate report to one address."""
    domain = report.published.domain
    return _message(
        head,
        domain,
        report.report_id,
        kind="multipart/mixed",
        media_type="application/gzip",
        filename=f"{head.submitter}!{domain}!{report.begin}!{report.end}.xml.gz",
        content=packed(aggregate_xml(report)),
        text=(
            f"This is an aggregate report of {head.submitter} about mail in the name of {domain},",
            f"from {_day(report.begin)} to {_day(report.end)}. It was asked for by the domain's DMARC record.",
        ),
    )


def tls_message(report: TlsReport, head: Letterhead, domain: str) -> bytes:
    """Write a TLS report to one address."""
    return _message(
        head,
        domain,
        report.report_id,
        kind='multipart/report; report-type="tlsrpt"',
        media_type="application/tlsrpt+gzip",
        filename=f"{head.submitter}!{domain}!{report.begin}!{report.end}.json.gz",
        content=packed(tls_json(report)),
        text=(
            f"This is an aggregate TLS report of {head.submitter} about sessions to {domain},",
            f"from {_day(report.begin)} to {_day(report.end)}. It was asked for by the domain's TLSRPT record.",
        ),
        extra=(("TLS-Report-Domain", domain), ("TLS-Report-Submitter", head.submitter)),
    )


def _message(
    head: Letterhead,
    domain: str,
    report_id: str,
    *,
    kind: str,
    media_type: str,
    filename: str,
    content: bytes,
    text: tuple[str, ...],
    extra: tuple[tuple[str, str], ...] = (),
) -> bytes:
    boundary = f"report-{zlib.crc32(head.message_id.encode()):08x}"
    subject = f"Report Domain: {domain} Submitter: {head.submitter} Report-ID: <{report_id}>"
    lines = [
        b"Date: " + format_date(head.now),
        f"From: <{head.author}>".encode(),
        f"To: <{head.to}>".encode(),
        field("Subject", text_chunks(subject, len("Subject: "))).rstrip(b"\r\n"),
        f"Message-ID: <{head.message_id}>".encode(),
        *(f"{name}: {value}".encode() for name, value in extra),
        b"Auto-Submitted: auto-generated",
        b"MIME-Version: 1.0",
        f'Content-Type: {kind};\r\n boundary="{boundary}"'.encode(),
        b"",
        f"--{boundary}".encode(),
        b"Content-Type: text/plain; charset=us-ascii",
        b"",
        *(line.encode("ascii", "replace") for line in text),
        b"",
        f"--{boundary}".encode(),
        f'Content-Type: {media_type};\r\n name="{filename}"'.encode(),
        f'Content-Disposition: attachment;\r\n filename="{filename}"'.encode(),
        b"Content-Transfer-Encoding: base64",
        b"",
        base64_lines(content).rstrip(b"\r\n"),
        f"--{boundary}--".encode(),
        b"",
    ]
    return b"\r\n".join(lines)


def _day(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
