"""TLS reports, read (RFC 8460 4.4): names we do not know are passed over, and nothing is as large as it likes."""

import datetime as dt
import ipaddress
import json
from collections.abc import Iterable

from .limits import MAX_DETAILS, MAX_POLICIES, MAX_RESULTS, MAX_TEXT, ReportError
from .tls import POLICIES, RESULTS, FailureDetail, TlsPolicy, TlsReport

MAX_COUNT = 2**31 - 1


def read_tls(pieces: Iterable[bytes]) -> TlsReport:
    """Read a report; raises ReportError."""
    data = b"".join(pieces)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"not JSON: {type(error).__name__}") from None
    if not isinstance(document, dict) or not isinstance(document.get("policies"), list):
        raise ReportError("JSON of another kind")
    span = _object(document, "date-range")
    begin, end = _moment(_text(span, "start-datetime")), _moment(_text(span, "end-datetime"))
    if begin is None or end is None or end < begin:
        raise ReportError("a report without a time span")
    policies = document["policies"]
    if len(policies) > MAX_POLICIES:
        raise ReportError(f"more than {MAX_POLICIES} policies")
    # Of all policies together: each detail becomes a row, and a megabyte of them packs into a few kilobytes.
    if sum(len(_details(item)) for item in policies if isinstance(item, dict)) > MAX_DETAILS:
        raise ReportError(f"more than {MAX_DETAILS} kinds of failure")
    return TlsReport(
        organisation=_text(document, "organization-name"),
        contact=_text(document, "contact-info"),
        report_id=_text(document, "report-id"),
        begin=begin,
        end=end,
        policies=tuple(_policy(item) for item in policies if isinstance(item, dict)),
    )


def _policy(item: dict[str, object]) -> TlsPolicy:
    policy, summary = _object(item, "policy"), _object(item, "summary")
    kind = _text(policy, "policy-type").lower()
    return TlsPolicy(
        kind=kind if kind in POLICIES else "",
        domain=_text(policy, "policy-domain").lower()[:253],
        strings=_texts(policy, "policy-string"),
        mx_hosts=_texts(policy, "mx-host"),
        successful=_number(summary, "total-successful-session-count"),
        failed=_number(summary, "total-failure-session-count"),
        details=tuple(_detail(each) for each in _details(item) if isinstance(each, dict)),
    )


def _details(item: dict[str, object]) -> list[object]:
    found = item.get("failure-details")
    return found if isinstance(found, list) else []


def _detail(item: dict[str, object]) -> FailureDetail:
    result = _text(item, "result-type").lower()
    return FailureDetail(
        result=result if result in RESULTS else "",
        sending_ip=_address(item, "sending-mta-ip"),
        receiving_host=_text(item, "receiving-mx-hostname").lower()[:253],
        receiving_helo=_text(item, "receiving-mx-helo")[:253],
        receiving_ip=_address(item, "receiving-ip"),
        failed=_number(item, "failed-session-count"),
        information=_text(item, "additional-information") or _text(item, "additional-info-uri"),
        reason_code=_text(item, "failure-reason-code"),
    )


def _object(item: dict[str, object], name: str) -> dict[str, object]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def _text(item: dict[str, object], name: str) -> str:
    found = item.get(name)
    # Halves of a pair, which JSON can write, are no text that anything else takes.
    return (
        found[:MAX_TEXT].encode("utf-8", "replace").decode().replace("\0", "")
        if isinstance(found, str)
        else ""
    )


def _texts(item: dict[str, object], name: str) -> tuple[str, ...]:
    found = item.get(name)
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return ()
    return tuple(_text({"": each}, "") for each in found[:MAX_RESULTS])


def _number(item: dict[str, object], name: str) -> int:
    found = item.get(name)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 11:
        found = int(found)
    return found if isinstance(found, int) and 0 <= found <= MAX_COUNT else 0


def _address(item: dict[str, object], name: str) -> str:
    try:
        return str(ipaddress.ip_address(_text(item, name)))
    except ValueError:
        return ""


def _moment(text: str) -> int | None:
    try:
        when = dt.datetime.fromisoformat(text)
        return int((when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
