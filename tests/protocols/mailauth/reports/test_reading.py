"""Reports: read as they were written, as samples say they read, and refused where they are hostile."""

import datetime as dt
import gzip
import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.reports import AggregateReport, Feedback, ReportError, TlsReport, read_report
from apps.protocols.mailauth.reports.aggregate_writing import aggregate_xml
from apps.protocols.mailauth.reports.limits import MAX_ROWS
from apps.protocols.mailauth.reports.reading import read_file
from apps.protocols.mailauth.reports.tls_writing import tls_json
from apps.protocols.mailauth.reports.writing import Letterhead, aggregate_message, packed, tls_message
from tests.shared_data import shared

from .samples import AGGREGATE, ROW, TLS, carried

HEAD = Letterhead(
    "noreply@receiver.test",
    "dmarc@example.test",
    "mx.receiver.test",
    "1@receiver.test",
    dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
)
XML = aggregate_xml(AGGREGATE)


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(ReportError) as error:
        read_file(data)
    return str(error.value)


def test_it_works() -> None:
    assert read_report(aggregate_message(AGGREGATE, HEAD)) == AGGREGATE
    assert read_report(tls_message(TLS, HEAD, "example.test")) == TLS


def test_the_message_is_named_as_receivers_expect() -> None:
    message = aggregate_message(AGGREGATE, HEAD)
    assert b'filename="mx.receiver.test!example.test!1700000000!1700086399.xml.gz"' in message
    subject = b"Subject: Report Domain: example.test Submitter: mx.receiver.test"
    assert subject in message.replace(b"\r\n ", b" ")
    assert max(map(len, message.split(b"\r\n"))) <= 100
    tls = tls_message(TLS, HEAD, "example.test")
    assert b"TLS-Report-Domain: example.test\r\nTLS-Report-Submitter: mx.receiver.test\r\n" in tls
    assert b'multipart/report; report-type="tlsrpt"' in tls


@pytest.mark.parametrize(
    "file",
    [
        XML,
        gzip.compress(XML),
        gzip.compress(XML[:100]) + gzip.compress(XML[100:]),
        gzip.compress(XML) + b"\0" * 100,
        zipped(("a.xml", XML)),
        zipped(("__MACOSX/x", b"-"), ("d/", b""), ("d/a.xml", XML)),
        zipped(("a.xml", XML), method=zipfile.ZIP_STORED),
        b"\xef\xbb\xbf" + XML,
        XML.replace(b"<feedback>", b'<d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0">').replace(
            b"</feedback>", b"</d:feedback>"
        ),
    ],
)
def test_however_it_is_packed(file: bytes) -> None:
    assert read_file(file) == AGGREGATE
    assert read_report(carried(file)) == AGGREGATE


def test_rows_without_a_source_are_counted_and_left_out() -> None:
    found = read_file(XML.replace(b"192.0.2.1", b"somewhere"))
    assert isinstance(found, AggregateReport)
    assert (found.rows, found.left_out) == ((), 1)


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><feedback><version>&j;</version></feedback>"
)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "an empty file"),
        (b"   ", "not well-formed"),
        (b"<feedback>", "not well-formed"),
        (b"<feedback/>", "without a time span"),
        (b"<html/>", "another kind"),
        (b"{}", "another kind"),
        (b"{" * 100_000, "not JSON"),
        (b'{"policies":' + b"[" * 100_000, "not JSON"),
        (b'{"policies": [' + b"1," * 600_000 + b"1]}", "more than"),
        (LAUGHS, "a document type"),
        (
            XML.replace(b"<feedback>", b'<!DOCTYPE f SYSTEM "file:///etc/passwd"><feedback>'),
            "a document type",
        ),
        (b"<feedback>" + b"<a>" * 20, "deep"),
        (b"<feedback>" + b"<a/>" * 1_000_001, "elements"),
        (b"<feedback " + b"a" * 1_000_000, "without an end"),
        (b"<feedback><!--" + b"a" * 1_000_000, "without an end"),
        (gzip.compress(b"<feedback>" + b"<a/>" * 1_000_000), "a bomb"),
        (zipped(("a.xml", b"<feedback>" + b"<a/>" * 1_000_000)), "a bomb"),
        (gzip.compress(b" " * 50_000_000), "nothing but blanks"),
        (gzip.compress(gzip.compress(XML)), "an archive in an archive"),
        (zipped(("a.zip", zipped(("a.xml", XML)))), "an archive in an archive"),
        (gzip.compress(XML)[:-20], "breaks off"),
        (zipped(("a.xml", XML))[:-10], "without an end"),
        (zipped(), "no report comes in"),
        (
            zipped(("a.xml", XML)).replace(struct.pack("<I", zlib.crc32(XML)), b"\0\0\0\0"),
            "not the one it says",
        ),
        (zipped(("a.xml", XML)).replace(struct.pack("<I", len(XML)), b"\1\0\0\0"), "smaller than it is"),
        (zipped(*((f"__MACOSX{i}", b"") for i in range(100))), "without a file"),
        (zipped(("a.xml", XML), method=zipfile.ZIP_BZIP2), "another way"),
    ],
)
def test_what_is_refused(file: bytes, why: str) -> None:
    assert why in refused(file)


def rows(size: int) -> Iterator[bytes]:
    """Make a report of about this many bytes, of rows that do not pack too well."""
    head, _, rest = XML.partition(b"<record>")
    row, _, end = rest.partition(b"</record>")
    yield head
    made, number = 0, 0
    while made < size:
        number += 1
        noise = zlib.crc32(str(number).encode())
        one = b"<record>" + row.replace(b"192.0.2.1", b"2001:db8::%x:%x" % divmod(noise, 65536))
        made += len(one)
        yield one + b"</record>"
    yield end


@pytest.mark.slow
def test_a_hundred_megabytes_of_rows_are_refused_in_little_memory() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    file = b"".join(map(deflate.compress, rows(100_000_000))) + deflate.flush()
    tracemalloc.start()
    try:
        assert "more than" in refused(file)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_as_many_rows_as_may_be_are_read() -> None:
    report = replace(AGGREGATE, rows=tuple(replace(ROW, count=n + 1) for n in range(MAX_ROWS)))
    file = packed(aggregate_xml(report))
    assert read_file(file) == report
    assert "rows" in refused(aggregate_xml(replace(report, rows=(*report.rows, ROW))))


def test_attributes_without_end_are_refused() -> None:
    """Expat keeps their names: a million of them are 250 MB."""
    tags = b"".join(
        b"<a " + b" ".join(b"x%d=''" % (20 * n + m) for m in range(20)) + b"/>" for n in range(600)
    )
    assert "attributes" in refused(b"<feedback>" + tags)


def test_kinds_of_failure_are_counted_over_all_policies() -> None:
    """Each becomes a row, and a hundred times two thousand of them fit into a few kilobytes."""
    policy = replace(TLS.policies[0], details=(TLS.policies[0].details[0],) * 1500)
    assert read_file(tls_json(replace(TLS, policies=(policy,))))
    assert "kinds of failure" in refused(tls_json(replace(TLS, policies=(policy, policy))))


def test_a_message_without_a_report_is_none() -> None:
    for message in (b"", b"Subject: hello\r\n\r\nHello.\r\n", carried(b"<feedback/>")):
        with pytest.raises(ReportError):
            read_report(message)
    with pytest.raises(ReportError, match="a message of"):
        read_report(bytes(20_000_000))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for file in (data, b"<feedback>" + data, b"{" + data, b"PK\x03\x04" + data, b"\x1f\x8b\x08" + data):
        with pytest.raises(ReportError):
            read_file(file)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_we_write_can_be_read_whatever_it_says(first: str, second: str) -> None:
    row = replace(ROW, envelope_to=first, reasons=(), dkim_results=())
    found = read_file(aggregate_xml(replace(AGGREGATE, rows=(row,), contact=second)))
    assert isinstance(found, AggregateReport)
    assert found.rows[0].source == "192.0.2.1"
    tls = read_file(tls_json(replace(TLS, contact=first, report_id=second)))
    assert isinstance(tls, TlsReport)


def lower(word: Any) -> str:
    """Return a word of the samples as reports write it."""
    names = {
        "MailFrom": "mfrom",
        "Unspecified": "",
        "Relaxed": "r",
        "Strict": "s",
        "TrustedForwarder": "trusted_forwarder",
    }
    return "" if word is None else names.get(word, word.lower())


@pytest.mark.parametrize("name", ["001", "002", "003", "004", "005", "100", "101", "102", "103", "104"])
def test_aggregate_samples(name: str) -> None:
    folder = shared("dmarc/dmarc-feedback")
    source = next(folder.glob(f"{name}.[ex]m*"))
    found = (read_report if source.suffix == ".eml" else read_file)(source.read_bytes())
    want = json.loads((folder / f"{name}.json").read_text())
    assert isinstance(found, AggregateReport)
    metadata, policy = want["report_metadata"], want["policy_published"]
    assert (found.organisation, found.email, found.report_id, found.contact) == (
        metadata["org_name"],
        metadata["email"],
        metadata["report_id"],
        metadata["extra_contact_info"] or "",
    )
    assert (found.begin, found.end) == (metadata["date_range"]["begin"], metadata["date_range"]["end"])
    assert found.published.domain == policy["domain"]
    assert [
        found.published.adkim,
        found.published.aspf,
        found.published.policy,
        found.published.subdomain,
    ] == [lower(policy[key]) for key in ("adkim", "aspf", "p", "sp")]
    assert len(found.rows) + found.left_out == len(want["record"])
    for row, record in zip(found.rows, want["record"], strict=True):
        evaluated = record["row"]["policy_evaluated"]
        assert (row.source, row.count) == (record["row"]["source_ip"], record["row"]["count"])
        assert [row.disposition, row.dkim, row.spf] == [
            lower(evaluated[k]) for k in ("disposition", "dkim", "spf")
        ]
        assert [(r.kind.replace("sampled_out", "other"), r.comment) for r in row.reasons] == [
            (lower(r["type_"]), r["comment"] or "") for r in evaluated["reason"]
        ]
        assert row.header_from == record["identifiers"]["header_from"]
        assert row.envelope_from == (record["identifiers"]["envelope_from"] or "")
        assert [(d.domain, d.selector, d.result, d.human) for d in row.dkim_results] == [
            (d["domain"], d["selector"], lower(d["result"]), d["human_result"] or "")
            for d in record["auth_results"]["dkim"]
        ]
        assert [(s.domain, s.scope, s.result) for s in row.spf_results] == [
            (s["domain"], lower(s["scope"]), lower(s["result"])) for s in record["auth_results"]["spf"]
        ]


@pytest.mark.parametrize("name", ["rpt01", "rpt02", "rpt03"])
def test_tls_samples(name: str) -> None:
    want = json.loads(shared(f"dmarc/tlsrpt/{name}.json").read_text())
    found = read_file(shared(f"dmarc/tlsrpt/{name}.json").read_bytes())
    letter = shared("dmarc/tlsrpt") / f"{name}.eml"
    if letter.exists():
        assert read_report(letter.read_bytes()) == found
    assert isinstance(found, TlsReport)
    assert (found.organisation, found.report_id) == (want["organization-name"], want["report-id"])
    for policy, item in zip(found.policies, want["policies"], strict=True):
        assert policy.successful == item["summary"]["total-successful-session-count"]
        assert policy.failed == item["summary"].get("total-failure-session-count", 0)
        assert [(d.result, d.failed) for d in policy.details] == [
            (d["result-type"], d["failed-session-count"]) for d in item.get("failure-details", [])
        ]
    assert found.policies[-1].kind == {"rpt03": ""}.get(name, "sts")


@pytest.mark.parametrize("name", ["001", "002", "003", "004", "005"])
def test_feedback_samples(name: str) -> None:
    found = read_report(shared(f"dmarc/arf/{name}.eml").read_bytes())
    want = json.loads(shared(f"dmarc/arf/{name}.json").read_text())
    assert isinstance(found, Feedback)
    assert found.kind == {"Abuse": "abuse", "AuthFailure": "auth-failure"}[want["feedback_type"]]
    assert found.arrived == want["arrival_date"]
    assert (found.source, found.user_agent) == (want["source_ip"] or "", want["user_agent"])
    assert (found.mail_from, found.rcpt_to) == (
        want["original_mail_from"] or "",
        want["original_rcpt_to"] or "",
    )
    assert list(found.reported_domains) == want["reported_domain"]
    assert found.incidents == want["incidents"]
    assert len(found.authentication_results) == len(want["authentication_results"])
    assert found.auth_failure == lower(want["auth_failure"])
    assert found.dkim_domain == (want["dkim_domain"] or "")
