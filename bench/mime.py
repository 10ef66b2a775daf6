"""How fast `scan()` reads a message, beside the standard library's parser: `python -m bench.mime [PATH...]`.

CPU microseconds a message, best of fifteen rounds. The four synthetic sizes are those of the design's table; files
or folders named on the command line are measured as one corpus, each message once a round.
"""

import email
import email.policy
import sys
import time
from collections.abc import Callable, Iterable
from email.parser import BytesHeaderParser
from pathlib import Path

from apps.protocols.mime.scan import scan

HEADER = b"""\
Return-Path: <bounce@example.test>
Received: from mx1.example.test (mx1.example.test [192.0.2.1]) by mail.example.test (Postfix) with ESMTPS id 4F2
 for <alice@example.test>; Tue, 24 Nov 2026 10:00:02 +0100 (CET)
Received: from out.example.test (out.example.test [192.0.2.2])
 by mx1.example.test with ESMTPS id 77aa; Tue, 24 Nov 2026 10:00:01 +0100
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.test; s=s1; h=from:to:subject:date;
 bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZ
From: "Bob Example" <bob@example.test>
To: Alice <alice@example.test>, carol@example.test
Cc: "Dave, D." <dave@example.test>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from the quarterly planning meeting
Date: Tue, 24 Nov 2026 10:00:00 +0100
Message-ID: <CAF=abc.123@mail.example.test>
In-Reply-To: <CAF=abc.122@mail.example.test>
References: <CAF=abc.120@mail.example.test> <CAF=abc.122@mail.example.test>
MIME-Version: 1.0
X-Mailer: Some Mailer 1.0
"""
LINE = b"The quick brown fox jumps over the lazy dog and writes a letter to all of them.\n"
HTML = b'<p style=3D"color:#333">The quick <b>brown</b> fox jumps over the lazy dog.</p>=\n'


def plain() -> bytes:
    """2 KB of text."""
    return HEADER + b"Content-Type: text/plain; charset=utf-8\n\n" + LINE * 10


def alternative(lines: int = 40) -> bytes:
    """10 KB, plain and HTML."""
    return (
        HEADER
        + b'Content-Type: multipart/alternative; boundary="=_alt"\n\n--=_alt\n'
        + b"Content-Type: text/plain; charset=utf-8\n\n"
        + LINE * lines
        + b"--=_alt\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + HTML * lines
        + b"--=_alt--\n"
    )


def attachments(size: int) -> bytes:
    """Text and a PDF."""
    inner = alternative(10)[len(HEADER) :]
    blob = b"JVBERi0xLjQKJeLjz9MKMyAwIG9iago8PC9UeXBlIC9QYWdlCi9QYXJlbnQgMSAwIFIKL1Jlc291cmNl\n"
    return (
        HEADER
        + b'Content-Type: multipart/mixed; boundary="=_mix"\n\n--=_mix\n'
        + inner
        + b'--=_mix\nContent-Type: application/pdf; name="report.pdf"\nContent-Transfer-Encoding: base64\n'
        + b'Content-Disposition: attachment; filename="report.pdf"\n\n'
        + blob * (size // len(blob))
        + b"--=_mix--\n"
    )


def microseconds(work: Callable[[bytes], object], corpus: list[bytes], rounds: int = 15) -> float:
    """Return the best CPU time of a round, a message."""
    repeat = max(1, 400 // len(corpus) // (1 + sum(map(len, corpus)) // len(corpus) // 4000))
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeat):
            for data in corpus:
                work(data)
        best = min(best, time.process_time() - start)
    return best / repeat / len(corpus) * 1e6


def corpora(paths: Iterable[str]) -> dict[str, list[bytes]]:
    """Return the named corpora to measure."""
    found = {
        name: [data.replace(b"\n", b"\r\n")]
        for name, data in {
            "2 KB plain": plain(),
            "10 KB alternative": alternative(),
            "40 KB with PDF": attachments(36_000),
            "500 KB with PDF": attachments(496_000),
        }.items()
    }
    for path in map(Path, paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        found[path.name] = [file.read_bytes() for file in files if file.is_file()]
    return found


def main(paths: list[str]) -> None:
    """Print the table."""
    print(
        f"{'':20} {'bytes':>8} {'scan':>8} {'no text':>8} {'compat32':>9} {'default':>9} {'headers':>8} {'ratio':>6}"
    )
    headers_only = BytesHeaderParser().parsebytes
    for name, corpus in corpora(paths).items():
        size = sum(map(len, corpus)) // len(corpus)
        ours = microseconds(scan, corpus)
        short = microseconds(lambda data: scan(data, text_limit=0), corpus)
        old = microseconds(email.message_from_bytes, corpus)
        new = microseconds(lambda data: email.message_from_bytes(data, policy=email.policy.default), corpus)
        head = microseconds(headers_only, corpus)
        print(
            f"{name:20} {size:8} {ours:8.0f} {short:8.0f} {old:9.0f} {new:9.0f} {head:8.0f} {old / ours:6.1f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
