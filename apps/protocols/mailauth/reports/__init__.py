"""Reports about mail: DMARC aggregate reports, TLS reports and complaints, read from strangers and written by us."""

from .aggregate import AggregateReport, DkimAuth, Published, Reason, Row, SpfAuth
from .feedback import Feedback
from .limits import ReportError
from .reading import Report, read_report
from .tls import FailureDetail, TlsPolicy, TlsReport

__all__ = [
    "AggregateReport",
    "DkimAuth",
    "FailureDetail",
    "Feedback",
    "Published",
    "Reason",
    "Report",
    "ReportError",
    "Row",
    "SpfAuth",
    "TlsPolicy",
    "TlsReport",
    "read_report",
]
