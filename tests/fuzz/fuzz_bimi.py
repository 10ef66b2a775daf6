"""Fuzz target: whatever a BIMI record says, reading it ends, and what is handed out is an HTTPS address of a named host."""

import urllib.parse

from apps.protocols.mailauth.bimi import RecordError, check_bimi, read_assertion
from apps.protocols.mailauth.dmarc import DmarcResult, Policy, Record
from apps.protocols.mailauth.lookups import Answer, Status


def test_one_input(data: bytes) -> None:
    """The first line is the author's domain, the second a selector, the others the records of each answer in turn."""
    first, *rest = data.decode("utf-8", "surrogateescape").split("\n")
    selector, texts = (rest[0], rest[1:]) if rest else ("default", [])
    for text in texts:
        try:
            read_assertion(text)
        except RecordError:
            continue
    passed = DmarcResult(
        "pass",
        first,
        first.partition(".")[2],
        Policy.REJECT,
        record=Record(Policy.REJECT),
        published=Policy.REJECT,
    )
    inquiry, asked = check_bimi(first, passed, selector), 0
    try:
        next(inquiry)
        while True:
            asked += 1
            inquiry.send(Answer(Status.FOUND, tuple(texts[asked - 1 :: 2])))
    except StopIteration as stop:
        found = stop.value
    assert asked <= 2
    assert bool(found.location) is (found.result == "pass")
    for url in filter(None, (found.location, found.authority)):
        parts = urllib.parse.urlsplit(url)
        assert parts.scheme == "https"
        assert parts.hostname
        assert "." in parts.hostname
        assert parts.username is None
        assert url.isascii()
        assert url.isprintable()
