"""Fuzz target: whatever came in can be answered and forwarded, and what we write of it is a message without faults."""

import datetime as dt

from apps.protocols.mime import original, reply
from apps.protocols.mime.doubts import warnings
from apps.protocols.mime.letter import Letter, Person
from apps.protocols.mime.scan import scan
from apps.protocols.mime.writing import write

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def test_one_input(data: bytes) -> None:
    """Answer and forward a message; read what was written."""
    read = original.read(data)
    for part in read.parts[:20]:
        assert original.take_part(data, part.path) is not None
    for begun in (reply.reply(read, me={"alice@example.test"}, all=True), reply.forward(read)):
        letter = Letter(
            Person("alice@example.test", "Alice"),
            begun.subject,
            begun.text,
            to=begun.to,
            cc=begun.cc,
            html=begun.html,
            in_reply_to=begun.in_reply_to,
            references=begun.references,
        )
        warnings(letter)
        out = write(letter, now=NOW, message_id="<a@example.test>")
        assert scan(out).defects == ()
        assert max(map(len, out.split(b"\r\n"))) <= 998
