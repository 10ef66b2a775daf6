"""Which folders LIST and LSUB name, and with which attributes (RFC 3501 6.3.8, RFC 5258, RFC 6154, RFC 3348)."""

from collections.abc import Sequence
from dataclasses import dataclass

from .commands import List, Lsub

SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder that is there."""

    name: str
    special_use: str = ""
    subscribed: bool = False


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
        self._case_free = None if text.upper() == text else text.upper()

    def matches(self, name: str) -> bool:
        """Say whether the whole name matches; INBOX in any case."""
        if name == "INBOX" and self._case_free is not None and Pattern(self._case_free).matches(name):
            return True
        wild = self._any | self._level
        states = 1 | (wild & 1) << 1
        for character in name:
            stay = self._any if character == SEPARATOR else wild
            states = (states & self._literal.get(character, 0)) << 1 | states & stay
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
    parents = _parents(known)
    chosen = {name for name, folder in known.items() if _selected(folder, command.select)}
    informed = _parents(chosen) if "RECURSIVEMATCH" in command.select else set()
    names = chosen | informed if command.select else chosen | parents
    show_subscribed = "SUBSCRIBED" in command.returns | command.select
    entries = []
    for name in sorted(names, key=_inbox_first):
        if not any(pattern.matches(name) for pattern in patterns):
            continue
        folder = known.get(name)
        attributes = [] if folder else ["\\NonExistent", "\\Noselect"]
        attributes.append("\\HasChildren" if name in parents else "\\HasNoChildren")
        if folder and folder.special_use:
            attributes.append(folder.special_use)
        if folder and folder.subscribed and show_subscribed:
            attributes.append("\\Subscribed")
        extended = b""
        if name in informed and "SUBSCRIBED" in command.select:
            extended = b'"CHILDINFO" ("SUBSCRIBED")'
        entries.append(Entry(name, tuple(attributes), folder is not None, extended))
    return entries


def lsub_entries(folders: Sequence[Listed], command: Lsub) -> list[Entry]:
    r"""Return the answer to LSUB; with `%`, a level above a subscribed folder is named as \Noselect."""
    pattern = Pattern(command.reference + command.pattern)
    subscribed = {folder.name for folder in folders if folder.subscribed}
    names = subscribed
    if command.pattern.endswith("%"):
        names = subscribed | _parents(subscribed)
    return [
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
    if "SUBSCRIBED" in options and not folder.subscribed:
        return False
    return not ("SPECIAL-USE" in options and not folder.special_use)


def _inbox_first(name: str) -> tuple[bool, str]:
    return name != "INBOX", name
