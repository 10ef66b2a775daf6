"""Fuzz target: whatever a report is made of, reading it ends in a report or in ReportError; ours read back."""

import contextlib

from apps.protocols.mailauth.reports import AggregateReport, Feedback, ReportError, read_report
from apps.protocols.mailauth.reports.aggregate_writing import aggregate_xml
from apps.protocols.mailauth.reports.reading import read_file
from apps.protocols.mailauth.reports.tls_writing import tls_json

SECONDS = 1.0  # A bomb may unpack to a megabyte before anybody asks how small it was.


def test_one_input(data: bytes) -> None:
    """The bytes are a file, and a message that may hold one."""
    with contextlib.suppress(ReportError):
        report = read_file(data)
        written = aggregate_xml(report) if isinstance(report, AggregateReport) else tls_json(report)
        again = read_file(written)
        if isinstance(report, AggregateReport):
            assert isinstance(again, AggregateReport)
            assert [row.source for row in again.rows] == [row.source for row in report.rows]
    with contextlib.suppress(ReportError):
        found = read_report(data)
        assert not isinstance(found, Feedback) or found.kind
