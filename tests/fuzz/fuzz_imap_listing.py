"""Fuzz target: LIST and LSUB name the folders their patterns mean, however many wildcards there are."""

import contextlib
from functools import cache

from apps.protocols.imap.commands.folders import parse_list, parse_lsub
from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.listing import Listed, Pattern, list_entries, lsub_entries

FOLDERS = [Listed("INBOX"), Listed("Sent", "\\Sent", subscribed=True), Listed("a/b/c", "", subscribed=True)]
SHORT = 40


def means(pattern: str, name: str) -> bool:
    """Match by the definition, one character at a time."""

    @cache
    def at(place: int, where: int) -> bool:
        if place == len(pattern):
            return where == len(name)
        sign = pattern[place]
        if sign in "*%":
            longer = where < len(name) and (sign == "*" or name[where] != "/")
            return at(place + 1, where) or (longer and at(place, where + 1))
        return where < len(name) and name[where] == sign and at(place + 1, where + 1)

    return at(0, 0)


def test_one_input(data: bytes) -> None:
    """Read both commands; match a pattern and a name, a NUL between them."""
    with contextlib.suppress(ProtocolError):
        list_entries(FOLDERS, parse_list(Lexer([b" " + data])))
    with contextlib.suppress(ProtocolError):
        lsub_entries(FOLDERS, parse_lsub(Lexer([b" " + data])))
    pattern, _, name = data.decode("utf-8", "replace").partition("\0")
    found = Pattern(pattern).matches(name)
    if name.partition("/")[0] != "INBOX" and len(pattern) <= SHORT and len(name) <= SHORT:
        assert found == means(pattern, name)
