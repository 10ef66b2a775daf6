"""A message that carries a report → the report: which part it is, unpacked and read within bounds."""

from collections.abc import Iterator

from apps.protocols.mime.decoding import decoded
from apps.protocols.mime.outline import Part, outline
from apps.protocols.mime.parts import PartTable, Section
from apps.protocols.mime.scan import Scanned, scan

from .aggregate import AggregateReport
from .aggregate_reading import read_aggregate
from .feedback import Feedback, read_feedback
from .limits import MAX_JSON_BYTES, MAX_MESSAGE_BYTES, MAX_XML_BYTES, PIECE, ReportError
from .tls import TlsReport
from .tls_reading import read_tls
from .unpacking import unpacked

type Report = AggregateReport | TlsReport | Feedback

MAX_PARTS = 50

_ARCHIVES = frozenset(
    {
        "application/zip", "application/x-zip-compressed", "application/x-zip", "application/gzip",
        "application/x-gzip", "application/octet-stream", "application/gzip-compressed",
    }
)  # fmt: skip
_XML = frozenset({"application/xml", "text/xml", "application/dmarc+xml"})
_TLS = frozenset(
    {"application/tlsrpt+json", "application/tlsrpt+gzip", "application/tlsrpt", "application/json"}
)
_BLANK = b"\xef\xbb\xbf \t\r\n"
_ENDS = (".xml", ".xml.gz", ".json", ".json.gz", ".zip", ".gz")


def read_report(message: bytes) -> Report:
    """Find the report in a message and read it; raises ReportError."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise ReportError(f"a message of {len(message)} bytes")
    scanned = scan(message)
    try:
        parts = list(outline(scanned.structure).walk())
    except ValueError:
        raise ReportError("the message has no structure that can be read") from None
    for part in parts[:MAX_PARTS]:
        if part.media_type == "message/feedback-report":
            return read_feedback(_body(message, scanned, part), _original(message, scanned, parts))
    for part in parts[:MAX_PARTS]:
        if not part.children and _may_hold_report(part):
            return read_file(_body(message, scanned, part))
    raise ReportError("no part of the message is a report")


def read_file(data: bytes) -> AggregateReport | TlsReport:
    """Read a report that is a file, packed or not; raises ReportError."""
    start = b""
    pieces = unpacked(data, MAX_XML_BYTES)
    for piece in pieces:
        start += piece
        if start.lstrip(_BLANK):
            break
        if len(start) > PIECE:
            raise ReportError("nothing but blanks")
    if start.lstrip(_BLANK).startswith(b"{"):
        return read_tls(_chained(start.removeprefix(b"\xef\xbb\xbf"), pieces, MAX_JSON_BYTES))
    if not start:
        raise ReportError("an empty file")
    return read_aggregate(_chained(start.lstrip(b" \t\r\n"), pieces, MAX_XML_BYTES))


def _chained(start: bytes, pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    total = len(start)
    yield start
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise ReportError(f"more than {limit} bytes when unpacked")
        yield piece


def _may_hold_report(part: Part) -> bool:
    if part.media_type in _XML or part.media_type in _TLS:
        return True
    return part.media_type in _ARCHIVES or part.name.lower().strip("\"'").endswith(_ENDS)


def _body(message: bytes, scanned: Scanned, part: Part) -> bytes:
    span = PartTable.decode(scanned.parts).section(part.path, Section.BODY)
    if span is None:
        return b""
    start, end = span
    pieces = (message[at : min(at + PIECE, end)] for at in range(start, end, PIECE))
    return b"".join(decoded(pieces, part.encoding))


def _original(message: bytes, scanned: Scanned, parts: list[Part]) -> bytes:
    for part in parts[:MAX_PARTS]:
        if part.media_type in {
            "message/rfc822",
            "text/rfc822-headers",
            "message/global",
            "message/global-headers",
        }:
            return _body(message, scanned, part)
    return b""
