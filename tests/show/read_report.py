"""Read our reports with parsedmarc and say what it found: `read_report.py FOLDER`; runs where parsedmarc is installed."""

import importlib
import importlib.metadata
import sys
from pathlib import Path
from typing import Any


def read(path: Path) -> tuple[str, Any]:
    """Return the kind of a report, and the report."""
    parsedmarc = importlib.import_module("parsedmarc")
    found = parsedmarc.parse_report_email(path.read_bytes(), offline=True)
    return found["report_type"], found["report"]


def main() -> None:
    """Compare; an AssertionError says what differs."""
    folder = Path(sys.argv[1])
    print("parsedmarc", importlib.metadata.version("parsedmarc"))
    kind, report = read(folder / "aggregate.eml")
    assert kind == "aggregate", kind
    policy = report["policy_published"]
    assert (policy["domain"], policy["p"], policy["sp"], policy["adkim"]) == (
        "far.example",
        "reject",
        "quarantine",
        "s",
    ), policy
    rows = {row["source"]["ip_address"]: row for row in report["records"]}
    for address, row in rows.items():
        told = row["policy_evaluated"]
        print(
            f"  {address}: {row['count']} messages, DKIM {told['dkim']}, SPF {told['spf']}, {told['disposition']}"
        )
    passed, forged = rows["192.0.2.1"], rows["2001:db8::99"]
    assert passed["count"] == 7
    assert passed["alignment"]["dmarc"] is True
    assert forged["count"] == 3
    assert forged["policy_evaluated"]["policy_override_reasons"][0] == {
        "type": "mailing_list",
        "comment": "a list we know & trust",
    }
    assert forged["auth_results"]["dkim"][0]["domain"] == "list.example"
    assert forged["identifiers"]["header_from"] == "news.far.example"
    kind, sessions = read(folder / "tls.eml")
    assert kind == "smtp_tls", kind
    [policy] = sessions["policies"]
    print(
        f"  TLS: {policy['policy_domain']}, {policy['policy_type']}, {policy['failed_session_count']} sessions failed"
    )
    assert (policy["policy_type"], policy["failed_session_count"]) == ("sts", 2), policy
    print("both say what we wrote")


main()
