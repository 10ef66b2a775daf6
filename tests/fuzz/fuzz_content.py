"""Fuzz target: what a message gives away, and what lies in any file it brings, archives first."""

import base64

from apps.spam.content import examine
from apps.spam.content.attachments import files_of
from apps.spam.reading import read


def test_one_input(data: bytes) -> None:
    """Examine the bytes as a message, as HTML, and as a file of three names."""
    examine(read(data))
    examine(read(b"Content-Type: text/html\n\n" + data))
    for name in (b"a.zip", b"a.doc", b"a"):
        head = (
            b'Content-Type: application/octet-stream; name="'
            + name
            + b'"\nContent-Transfer-Encoding: base64\n\n'
        )
        files_of(read(head + base64.encodebytes(data)))
