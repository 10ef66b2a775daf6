"""Reports for tests, and messages around them."""

import base64

from apps.protocols.mailauth.reports import (
    AggregateReport,
    DkimAuth,
    FailureDetail,
    Published,
    Reason,
    Row,
    SpfAuth,
    TlsPolicy,
    TlsReport,
)

ROW = Row(
    source="192.0.2.1",
    count=3,
    disposition="none",
    dkim="fail",
    spf="pass",
    header_from="example.test",
    envelope_from="bounce.example.test",
    reasons=(Reason("mailing_list", 'list "x" & <y>'),),
    dkim_results=(DkimAuth("list.test", "s1", "pass", "good"),),
    spf_results=(SpfAuth("bounce.example.test", "mfrom", "pass"),),
)
AGGREGATE = AggregateReport(
    organisation="receiver.test",
    email="noreply@receiver.test",
    report_id="1.2@receiver.test",
    begin=1_700_000_000,
    end=1_700_086_399,
    published=Published("example.test", "reject", "none", "", "r", "s", fo="0"),
    rows=(ROW,),
    version="1.0",
)
TLS = TlsReport(
    organisation="sender.test",
    contact="noreply@sender.test",
    report_id="9@sender.test",
    begin=1_700_000_000,
    end=1_700_086_399,
    policies=(
        TlsPolicy(
            "sts",
            "example.test",
            ("version: STSv1", "mode: enforce"),
            ("mx.example.test",),
            5,
            2,
            (FailureDetail("certificate-expired", "192.0.2.1", "mx.example.test", failed=2),),
        ),
    ),
)


def carried(content: bytes, media_type: str = "application/gzip", filename: str = "report.xml.gz") -> bytes:
    """Return a message that carries a file."""
    return (
        b"From: <noreply@receiver.test>\r\nTo: <dmarc-reports@example.test>\r\nSubject: Report\r\n"
        b"MIME-Version: 1.0\r\n"
        + f'Content-Type: {media_type}; name="{filename}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
    )
