"""A TLS report as JSON (RFC 8460 4.4)."""

import datetime as dt
import json

from .tls import FailureDetail, TlsPolicy, TlsReport


def tls_json(report: TlsReport) -> bytes:
    """Write a report; what is not known is left out."""
    return json.dumps(
        {
            "organization-name": report.organisation,
            "date-range": {"start-datetime": _moment(report.begin), "end-datetime": _moment(report.end)},
            "contact-info": report.contact,
            "report-id": report.report_id,
            "policies": [_policy(policy) for policy in report.policies],
        },
        separators=(",", ":"),
    ).encode()


def _policy(found: TlsPolicy) -> dict[str, object]:
    policy: dict[str, object] = {
        "policy-type": found.kind or "no-policy-found",
        "policy-string": list(found.strings),
        "policy-domain": found.domain,
        "mx-host": list(found.mx_hosts),
    }
    written: dict[str, object] = {
        "policy": {name: value for name, value in policy.items() if value},
        "summary": {
            "total-successful-session-count": found.successful,
            "total-failure-session-count": found.failed,
        },
    }
    if found.details:
        written["failure-details"] = [_detail(detail) for detail in found.details]
    return written


def _detail(detail: FailureDetail) -> dict[str, object]:
    written: dict[str, object] = {
        "result-type": detail.result or "validation-failure",
        "sending-mta-ip": detail.sending_ip,
        "receiving-mx-hostname": detail.receiving_host,
        "receiving-mx-helo": detail.receiving_helo,
        "receiving-ip": detail.receiving_ip,
        "failed-session-count": detail.failed,
        "additional-information": detail.information,
        "failure-reason-code": detail.reason_code,
    }
    return {name: value for name, value in written.items() if value != ""}


def _moment(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
