"""Send reports about our domain to our own door, honest and hostile, and say what was kept: `send_report.py RUN`."""

import base64
import datetime as dt
import gzip
import json
import os
import smtplib
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
django.setup()

from apps.domains.models import Domain  # noqa: E402
from apps.protocols.mailauth.reports import AggregateReport, DkimAuth, Published, Row, SpfAuth  # noqa: E402
from apps.protocols.mailauth.reports.writing import Letterhead, aggregate_message  # noqa: E402
from apps.reports import advice, queries  # noqa: E402
from apps.reports.models import Incoming, Received  # noqa: E402


def report(domain: str, now: dt.datetime) -> bytes:
    """Write what a receiver would: our own server passes, a stranger does not."""
    begin = int(now.timestamp()) - 90_000
    spf = SpfAuth(domain, "mfrom", "pass")
    rows = (
        Row(
            "192.0.2.10",
            40,
            "none",
            "pass",
            "pass",
            domain,
            domain,
            "",
            (),
            (DkimAuth(domain, "s", "pass"),),
            (spf,),
        ),
        Row("198.51.100.99", 3, "none", "fail", "fail", domain, domain),
    )
    written = AggregateReport(
        "receiver.example",
        "noreply@receiver.example",
        f"show.{begin}",
        begin,
        begin + 86399,
        Published(domain, "none"),
        rows,
    )
    head = Letterhead(
        "noreply@receiver.example", f"dmarc-reports@{domain}", "receiver.example", f"{begin}@x.test", now
    )
    return aggregate_message(written, head)


def main() -> None:
    """Send, wait, tell."""
    run = json.loads(Path(sys.argv[1]).read_text())
    ours = Domain.objects.get(name="example.test")
    to = f"dmarc-reports@{ours.name}"
    now = dt.datetime.now(dt.UTC)
    bomb = base64.encodebytes(gzip.compress(b"<feedback>" + b"<a/>" * 5_000_000)).replace(b"\n", b"\r\n")
    hostile = (
        f"From: <x@receiver.example>\r\nTo: <{to}>\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
        "Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + bomb
    with smtplib.SMTP("127.0.0.1", run["smtp"]["port"], local_hostname="receiver.example") as smtp:
        for message in (hostile, report(ours.name, now)):
            smtp.sendmail("", [to], message)
    end = time.monotonic() + 60
    while time.monotonic() < end and (
        Incoming.objects.exists() or not Received.objects.filter(domain=ours).exists()
    ):
        time.sleep(0.5)
    for source in queries.sources_of(ours, since=now.date() - dt.timedelta(days=7)):
        kind = advice.kind_of(source, ours.name)
        print(f"  {source.address}: {source.messages} messages, {source.passed} passed: {kind.value}")
    assert Received.objects.filter(domain=ours).count() == 1
    state = Path(os.environ["MAIL_STATE_DIR"])
    refused = [
        json.loads(line)
        for path in (state / "log").glob("*.log")
        for line in path.read_text().splitlines()
        if "report refused" in line
    ]
    print("  refused:", ", ".join(one["reason"] for one in refused))
    assert refused


main()
