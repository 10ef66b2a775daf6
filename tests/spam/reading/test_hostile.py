"""Messages made to cost much: none takes more than its time and memory, and what was cut is said."""

import time
import tracemalloc

import pytest

from apps.spam.content import examine
from apps.spam.reading import read

HTML = b"Content-Type: text/html\r\n\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"


def nested(depth: int) -> bytes:
    out = b""
    for number in range(depth):
        out += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    return out + b"\r\nhello"


HOSTILE = {
    "one tag": lambda: HTML + b"<p style='" + b"display:none;" * 800_000 + b"'>x",
    "one attribute after another": lambda: HTML + b"<p " + b"a=b " * 2_000_000 + b">x",
    "an attribute never closed": lambda: HTML + b"<p title='" + b"x" * 10_000_000,
    "many tags": lambda: HTML + b"<b>" * 3_000_000,
    "many end tags": lambda: HTML + b"<div>" * 1000 + b"</b>" * 1_000_000,
    "many styles": lambda: HTML + b"".join(b"<p style='color:#%06x'>x" % number for number in range(100_000)),
    "one style sheet": lambda: HTML + b"<style>" + b".a,.b c{display:none}" * 400_000 + b"</style>x",
    "braces": lambda: HTML + b"<style>" + b"display{" * 1_000_000 + b"</style>x",
    "open comments": lambda: HTML + b"<!-- " * 2_000_000,
    "less than": lambda: HTML + b"<" * 10_000_000,
    "references": lambda: HTML + b"&amp;" * 2_000_000,
    "one long reference": lambda: HTML + b"&#" + b"1" * 5_000_000 + b";",
    "links": lambda: HTML + b"<a href='https://a.test/?" + b"x" * 1000 + b"'>y</a>" * 200_000,
    "addresses in text": lambda: b"\r\n" + b"https://a.test/x " * 600_000,
    "brackets in an address": lambda: b"\r\nhttps://a.test/" + b"(" * 1999 + b")" * 5_000_000,
    "parts": lambda: MIXED + b"--x\r\n\r\na\r\n" * 100_000,
    "nesting": lambda: nested(3000),
    "fields": lambda: b"A: =?utf-8?q?b?=\r\n" * 400_000,
    "addresses": lambda: b"From: " + b"a <a@b.test>, " * 300_000 + b"\r\n\r\nx",
    "base64": lambda: (
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"PGI+\r\n" * 3_000_000
    ),
    "letters of two alphabets": lambda: b"\r\n" + "a\u0430".encode() * 1_000_000,
    "letters nobody sees": lambda: (
        b"\r\n" + "a\u200b\u200b".encode() * 1_000_000 + "\u200b".encode() * 1_000_000
    ),
    "hosts of many labels": lambda: (
        b"\r\n" + b"".join(b"https://" + b"a." * 300 + b"%d.test/ " % n for n in range(5000))
    ),
    "a name of dots": lambda: (
        b"From: " + b"a." * 100_000 + b"@paypal.test\r\nReply-To: " + b"@" * 100_000 + b"\r\n\r\nx"
    ),
    "a word": lambda: b"Subject: =?utf-8?q?" + b"=C3=A4" * 1_000_000 + b"?=\r\n\r\nx",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_time_and_memory_are_bounded(name: str) -> None:
    raw = HOSTILE[name]()
    began = time.thread_time()
    reading = read(raw)
    examine(reading)
    spent = time.thread_time() - began
    assert spent < 2, f"{name} took {spent:.1f} s"
    del reading
    tracemalloc.start()
    try:
        reading = read(raw)
        examine(reading)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024 * 1024, f"{name} took {peak / 1e6:.0f} MB"
    assert len(reading.text) <= 200_000
