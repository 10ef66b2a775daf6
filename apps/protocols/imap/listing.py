"""Which folders LIST and LSUB name, and with which attributes (RFC 3501 6.3.8, RFC 5258, RFC 6154, RFC 3348)."""

from collections.abc import Sequence
from dataclasses import dataclass

from .commands import List, Lsub

SEPARATOR = "/"
INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder that is there, or a name somebody subscribed to whose folder is not there any more."""

    name: str
    special_use: str = ""
    subscribed: bool = False
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the answer; `exists` folders can be asked for their status."""

    name: str
    attributes: tuple[str, ...]
    exists: bool = True
    extended: bytes = b""


class Pattern:
    """A name with wildcards: `*` stands for anything, `%` for anything within one level.

    All beginnings that match are kept as the bits of one number, so the time is linear in the name however
    many wildcards mallory puts into it.
    """

    def __init__(self, text: str) -> None:
        while "**" in text or "*%" in text or "%*" in text or "%%" in text:
            text = text.replace("*%", "*").replace("%*", "*").replace("**", "*").replace("%%", "%")
        self._any = self._level = 0
        self._literal: dict[str, int] = {}
        for place, character in enumerate(text):
            if character == "*":
                self._any |= 1 << place
            elif character == "%":
                self._level |= 1 << place
            else:
                self._literal[character] = self._literal.get(character, 0) | 1 << place
        self._end = 1 << len(text)

    def matches(self, name: str) -> bool:
        """Say whether the whole name matches; INBOX in any case, where it is the whole first level (RFC 3501 5.1)."""
        any_case = len(INBOX) if name == INBOX or name.startswith(INBOX + SEPARATOR) else 0
        wild = self._any | self._level
        states = 1 | (wild & 1) << 1
        for place, character in enumerate(name):
            stay = self._any if character == SEPARATOR else wild
            literal = self._literal.get(character, 0)
            if place < any_case:
                literal |= self._literal.get(character.lower(), 0)
            states = (states & literal) << 1 | states & stay
            states |= (states & wild) << 1
            if not states:
                return False
        return bool(states & self._end)


def list_entries(folders: Sequence[Listed], command: List) -> list[Entry]:
    """Return the answer to LIST."""
    if command.patterns == ("",) and not command.extended:
        return [Entry("", ("\\Noselect",), exists=False)]
    patterns = [Pattern(command.reference + pattern) for pattern in command.patterns if pattern]
    known = {folder.name: folder for folder in folders}
    parents = _parents({name for name, folder in known.items() if folder.exists})
    chosen = {name for name, folder in known.items() if _selected(folder, command.select)}
    informed = _parents(chosen) if "RECURSIVEMATCH" in command.select else set()
    names = chosen | informed if command.select else chosen | parents
    show_subscribed = "SUBSCRIBED" in command.returns | command.select
    entries = []
    for name in sorted(names, key=_inbox_first):
        if not any(pattern.matches(name) for pattern in patterns):
            continue
        folder = known.get(name)
        exists = folder is not None and folder.exists
        attributes = [] if exists else ["\\NonExistent", "\\Noselect"]
        attributes.append("\\HasChildren" if name in parents else "\\HasNoChildren")
        if folder and folder.special_use:
            attributes.append(folder.special_use)
        if folder and folder.subscribed and show_subscribed:
            attributes.append("\\Subscribed")
        extended = b""
        if name in informed and "SUBSCRIBED" in command.select:
            extended = b'"CHILDINFO" ("SUBSCRIBED")'
        entries.append(Entry(name, tuple(attributes), exists, extended))
    return entries


def lsub_entries(folders: Sequence[Listed], command: Lsub) -> list[Entry]:
    r"""Return the answer to LSUB; with `%`, a level above a subscribed folder is named as \Noselect."""
    pattern = Pattern(command.reference + command.pattern)
    subscribed = {folder.name for folder in folders if folder.subscribed}
    names = subscribed
    if command.pattern.endswith("%"):
        names = subscribed | _parents(subscribed)
    return [
        # A deleted one is named like the others: \Noselect says here that a name is not subscribed.
        Entry(name, () if name in subscribed else ("\\Noselect",), name in subscribed)
        for name in sorted(names, key=_inbox_first)
        if pattern.matches(name)
    ]


def parents_of(name: str) -> list[str]:
    """Return the names of the levels above, the highest first."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))]


def _parents(names: "set[str] | dict[str, Listed]") -> set[str]:
    return {parent for name in names for parent in parents_of(name)}


def _selected(folder: Listed, options: frozenset[str]) -> bool:
    # A name without a folder is listed to those who ask for subscriptions, and to nobody else (RFC 5258 3.1).
    if not (folder.subscribed if "SUBSCRIBED" in options else folder.exists):
        return False
    return not ("SPECIAL-USE" in options and not folder.special_use)


def _inbox_first(name: str) -> tuple[bool, str]:
    return name != INBOX, name
