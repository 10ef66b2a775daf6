"""Whatever the bytes are, the scanner answers, in time, and its answers fit together."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.headers import fields, header_end, subset
from apps.protocols.mime.parts import LEAF, MULTIPART, Entity, PartTable
from apps.protocols.mime.scan import Scanned, scan
from apps.protocols.mime.structure import body

from .strategies import Sample, anything, samples
from .wire_reader import Item, read


def check_entity(entity: Entity, data: bytes) -> None:
    assert 0 <= entity.start <= entity.body_start <= entity.end <= len(data)
    at = entity.body_start
    for child in entity.children:
        assert at <= child.start
        assert child.end <= entity.end
        at = child.end
        check_entity(child, data)
    assert bool(entity.children) == (entity.kind != LEAF)


def check_structure(item: Item, entity: Entity, *, extended: bool) -> None:
    """Compare BODYSTRUCTURE or BODY with the part table, by the grammar of RFC 3501 9."""
    assert isinstance(item, list)
    if entity.kind == MULTIPART:
        count = len(entity.children)
        for child_item, child in zip(item[:count], entity.children, strict=True):
            check_structure(child_item, child, extended=extended)
        assert isinstance(item[count], bytes)
        assert len(item) == count + (5 if extended else 1)
        return
    assert all(isinstance(value, bytes) for value in (item[0], item[1], item[5]))
    assert item[6] == entity.end - entity.body_start
    basic = 7
    if entity.kind != LEAF:
        assert item[:2] == [b"message", b"rfc822"]
        envelope = item[7]
        assert isinstance(envelope, list)
        assert len(envelope) == 10
        check_structure(item[8], entity.children[0], extended=extended)
        assert isinstance(item[9], int)
        basic = 10
    elif item[0] == b"text":
        assert isinstance(item[7], int)
        basic = 8
    assert len(item) == basic + (4 if extended else 0)


def check(data: bytes) -> Scanned:
    facts = scan(data)
    assert facts.size == len(data)
    table = PartTable.decode(facts.parts)
    assert table.encode() == facts.parts
    check_entity(table.root, data)
    assert table.section(()) == (0, len(data))
    assert table.section((), "HEADER") == (0, facts.header_end)
    assert table.section((), "TEXT") == (facts.header_end, len(data))
    if table.root.kind == LEAF:
        assert table.section((1,)) == table.section((), "TEXT")
    envelope = read(facts.envelope)
    assert isinstance(envelope, list)
    assert len(envelope) == 10
    for addresses in envelope[2:8]:
        assert addresses is None or (isinstance(addresses, list) and addresses)
        for address in addresses or []:
            assert isinstance(address, list)
            assert len(address) == 4
    check_structure(read(facts.structure), table.root, extended=True)
    check_structure(read(body(facts.structure)), table.root, extended=False)
    for text in (facts.subject, facts.from_addr, facts.to_addr, facts.message_id, facts.preview, facts.text):
        assert "\0" not in text
        text.encode()
    for reference in facts.references:
        assert "\0" not in reference
        reference.encode()
    assert len(facts.preview) <= 200
    return facts


@given(anything)
def test_anything_is_scanned(data: bytes) -> None:
    check(data)


@given(anything, st.lists(st.sampled_from([b"Subject", b"from", b"X-Sample", b"content-type"]), max_size=3))
def test_fields_and_their_complement_are_all_fields(data: bytes, names: list[bytes]) -> None:
    header = data[: header_end(data)]
    chosen, others = subset(header, names), subset(header, names, invert=True)
    assert len(fields(chosen)) + len(fields(others)) == len(fields(header))
    assert {name.lower() for name, _ in fields(chosen)} <= {name.lower() for name in names}
    assert chosen.endswith(b"\r\n")


def check_same(entity: Entity, sample: Sample, data: bytes) -> None:
    assert data[entity.body_start : entity.end] == sample.body
    assert len(entity.children) == len(sample.children)
    for child, sample_child in zip(entity.children, sample.children, strict=True):
        check_same(child, sample_child, data)


@given(samples)
def test_a_well_formed_message_is_seen_as_it_was_made(sample: Sample) -> None:
    facts = check(sample.data)
    assert facts.defects == ()
    check_same(PartTable.decode(facts.parts).root, sample, sample.data)


MEGABYTE = 1_000_000
HOSTILE = {
    "colons": b":\n" * (MEGABYTE // 2),
    "one long field": b"Subject: " + b"x" * MEGABYTE,
    "folds": b"Subject: x\r\n" + b" \r\n" * (MEGABYTE // 3),
    "white space": b"Content-Type: text/plain;" + b" " * MEGABYTE,
    "white space and quotes": b"Content-Type: text/plain;" + b'" ' * (MEGABYTE // 2),
    "parameters": b"Content-Type: text/plain" + b"; a=b" * (MEGABYTE // 5),
    "segments": b"Content-Type: text/plain" + b"".join(b"; a*%d*=b" % n for n in range(MEGABYTE // 10)),
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * (MEGABYTE // 14),
    "open encoded words": b"Subject: " + b"=?utf-8?q?a " * (MEGABYTE // 12),
    "addresses": b"To: " + b"a@b," * (MEGABYTE // 4),
    "open angles": b"To: " + b"<" * MEGABYTE,
    "routes": b"To: <@" + b"," * MEGABYTE,
    "comments": b"To: " + b"(" * MEGABYTE,
    "words, then colons": b"To: " + b"w " * (MEGABYTE // 4) + b"@" + b" :" * (MEGABYTE // 4),
    "quotes": b"To: " + b'"' * MEGABYTE,
    "backslashes": b'To: "' + b"\\" * MEGABYTE,
    "references": b"References: " + b"<" * (MEGABYTE // 2) + b"<a@b> " * (MEGABYTE // 12),
    "delimiters": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (MEGABYTE // 4),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * (MEGABYTE // 6),
    "false delimiters": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * MEGABYTE,
    "almost delimiters": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * (MEGABYTE // 5),
    "nested": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(MEGABYTE // 50)
    ),
    "nested messages": b"Content-Type: message/rfc822\n\n" * (MEGABYTE // 30),
    "nested, then dashes": b"".join(
        b"Content-Type: multipart/mixed; boundary=-%d\n\n---%d\n" % (n, n) for n in range(100)
    )
    + b"\n---" * (MEGABYTE // 4),
    "digest": b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\nTo: a@b\n\n\n" * (MEGABYTE // 17),
    "tags": b"Content-Type: text/html\n\n" + b"<p " * (MEGABYTE // 3),
    "breaks": b"Content-Type: text/html\n\n" + b" \n" * (MEGABYTE // 2),
    "scripts": b"Content-Type: text/html\n\n" + b"<script>" * (MEGABYTE // 8),
    "references in HTML": b"Content-Type: text/html\n\n" + b"&#" + b"9" * MEGABYTE,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * MEGABYTE,
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"= \n" * (MEGABYTE // 3),
    "idna": b"Content-Type: text/plain; charset=idna\n\n" + b"\xff" * MEGABYTE,
    "utf-7": b"Content-Type: text/plain; charset=utf-7\n\n" + b"+2AA" * (MEGABYTE // 4),
    "line ends": b"\n" * MEGABYTE,
    "NUL": b"\0" * MEGABYTE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_costs_linear_time(name: str) -> None:
    """A megabyte takes well under a second; anything quadratic would take minutes."""
    start = time.process_time()
    facts = scan(HOSTILE[name])
    assert time.process_time() - start < 3
    assert len(facts.envelope) + len(facts.structure) < 4 * MEGABYTE
    check_structure(read(facts.structure), PartTable.decode(facts.parts).root, extended=True)
