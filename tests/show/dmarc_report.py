"""Count what we saw and write the reports about it, as the daily job does: `dmarc_report.py FOLDER`."""

import datetime as dt
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
django.setup()

from apps.domains.models import Domain  # noqa: E402
from apps.events.transactions import perform  # noqa: E402
from apps.protocols.mailauth.dmarc import read_record  # noqa: E402
from apps.protocols.mailauth.reports.writing import Letterhead, aggregate_message, tls_message  # noqa: E402
from apps.reports import telling  # noqa: E402
from apps.reports.models import Received  # noqa: E402
from apps.reports.noting import Notebook  # noqa: E402
from apps.reports.seen import Seen, TlsSeen  # noqa: E402

FAR = "far.example"
PASSED = Seen(
    FAR, "192.0.2.1", "none", "pass", "pass", FAR, FAR, ((FAR, "s1", "pass"),), ((FAR, "mfrom", "pass"),)
)
FORGED = Seen(
    FAR,
    "2001:db8::99",
    "reject",
    "fail",
    "fail",
    f"news.{FAR}",
    "list.example",
    (("list.example", "k", "pass"),),
    (("list.example", "mfrom", "softfail"),),
    (("mailing_list", "a list we know & trust"),),
)
EXPIRED = TlsSeen(FAR, "sts", "certificate-expired", ("version: STSv1", "mode: testing"), ("mx.far.example",))


def main() -> None:
    """Write aggregate.eml and tls.eml."""
    folder = Path(sys.argv[1])
    now = dt.datetime.now(dt.UTC)
    day = now.date() - dt.timedelta(days=1)
    ours = Domain.objects.order_by("id")[0]
    book = Notebook()
    for seen, count in ((PASSED, 7), (FORGED, 3), (EXPIRED, 2)):
        for _ in range(count):
            book.note([ours.organisation_id], seen, day)
    perform(book.written())
    record = read_record("v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:d@far.example")
    assert record is not None
    author = f"noreply-reports@{ours.name}"
    head = Letterhead(author, f"d@{FAR}", ours.name, f"1@{ours.name}", now)
    [item] = [
        one
        for one in telling.due(Received.Kind.DMARC, today=now.date(), limit=100)
        if one.policy_domain == FAR
    ]
    report = telling.aggregate(item, record, organisation=ours.name, email=author, report_id="show.1")
    (folder / "aggregate.eml").write_bytes(aggregate_message(report, head))
    [item] = [
        one for one in telling.due(Received.Kind.TLS, today=now.date(), limit=100) if one.policy_domain == FAR
    ]
    sessions = telling.tls(item, organisation=ours.name, contact=author, report_id="show.2")
    (folder / "tls.eml").write_bytes(tls_message(sessions, head, FAR))
    print(
        f"written by us: {report.organisation} about {FAR}, {day}, {len(report.rows)} rows; and its TLS report"
    )


main()
