"""An IMAP list reader of the tests' own, written from the grammar: what we send must be readable by it."""

import re

type Item = bytes | int | list["Item"] | None

_NUMBER = re.compile(rb"\d+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\0\x80-\xff]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d+)\}\r\n")


def read(wire: bytes) -> Item:
    """Read one value that fills the whole input; AssertionError where it is none."""
    value, at = _item(wire, 0)
    assert at == len(wire), wire[at : at + 40]
    return value


def _item(wire: bytes, at: int) -> tuple[Item, int]:
    if wire.startswith(b"(", at):
        items: list[Item] = []
        at += 1
        while not wire.startswith(b")", at):
            value, at = _item(wire, at)
            items.append(value)
            # Lists stand beside each other without a space; everything else is separated.
            if wire.startswith(b" ", at):
                at += 1
                assert not wire.startswith(b")", at)
            else:
                assert wire[at : at + 1] in {b")", b"("}, wire[at : at + 40]
        return items, at + 1
    if wire.startswith(b"NIL", at):
        return None, at + 3
    if match := _QUOTED.match(wire, at):
        return re.sub(rb"\\(.)", rb"\1", match[1]), match.end()
    if match := _LITERAL.match(wire, at):
        end = match.end() + int(match[1])
        assert end <= len(wire)
        assert b"\0" not in wire[match.end() : end]
        return wire[match.end() : end], end
    match = _NUMBER.match(wire, at)
    assert match, wire[at : at + 40]
    return int(match[0]), match.end()
