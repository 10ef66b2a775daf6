"""An aggregate report as XML, in the order its schema asks for (RFC 7489, appendix C)."""

import re
from collections.abc import Iterator

from .aggregate import AggregateReport, Published, Row

# What XML 1.0 cannot hold at all, however it is written.
_NEVER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def aggregate_xml(report: AggregateReport) -> bytes:
    """Write a report."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<feedback>", *_head(report)]
    for row in report.rows:
        lines += _record(row)
    lines.append("</feedback>\n")
    return "\n".join(lines).encode()


def _head(report: AggregateReport) -> Iterator[str]:
    yield _element("version", report.version or "1.0")
    yield "<report_metadata>"
    yield _element("org_name", report.organisation)
    yield _element("email", report.email)
    if report.contact:
        yield _element("extra_contact_info", report.contact)
    yield _element("report_id", report.report_id)
    yield f"<date_range><begin>{report.begin}</begin><end>{report.end}</end></date_range>"
    for error in report.errors:
        yield _element("error", error)
    yield "</report_metadata>"
    yield from _published(report.published)


def _published(policy: Published) -> Iterator[str]:
    yield "<policy_published>"
    yield _element("domain", policy.domain)
    yield _element("adkim", policy.adkim or "r")
    yield _element("aspf", policy.aspf or "r")
    yield _element("p", policy.policy or "none")
    yield _element("sp", policy.subdomain or policy.policy or "none")
    if policy.nonexistent:
        yield _element("np", policy.nonexistent)
    # Nobody applies a percentage any more, but readers of the first version want to see one.
    yield _element("pct", "100")
    yield _element("fo", policy.fo or "0")
    if policy.testing:
        yield _element("testing", "y")
    yield "</policy_published>"


def _record(row: Row) -> Iterator[str]:
    yield "<record>"
    yield f"<row>{_element('source_ip', row.source)}<count>{row.count}</count>"
    yield "<policy_evaluated>"
    yield _element("disposition", row.disposition or "none")
    yield _element("dkim", row.dkim or "fail")
    yield _element("spf", row.spf or "fail")
    for reason in row.reasons:
        yield f"<reason>{_element('type', reason.kind or 'other')}{_element('comment', reason.comment)}</reason>"
    yield "</policy_evaluated></row>"
    yield "<identifiers>"
    if row.envelope_to:
        yield _element("envelope_to", row.envelope_to)
    if row.envelope_from:
        yield _element("envelope_from", row.envelope_from)
    yield _element("header_from", row.header_from)
    yield "</identifiers><auth_results>"
    for dkim in row.dkim_results:
        yield "<dkim>" + _element("domain", dkim.domain) + _element("selector", dkim.selector)
        yield _element("result", dkim.result or "none") + _human(dkim.human) + "</dkim>"
    for spf in row.spf_results:
        yield "<spf>" + _element("domain", spf.domain) + _element("scope", spf.scope or "mfrom")
        yield _element("result", spf.result or "none") + _human(spf.human) + "</spf>"
    yield "</auth_results></record>"


def _human(text: str) -> str:
    return _element("human_result", text) if text else ""


def _element(name: str, text: str) -> str:
    safe = _NEVER.sub("?", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{safe}</{name}>"
