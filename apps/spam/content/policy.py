"""What a domain does with files it does not want, whatever their message scores. Pure.

Levels lie within each other as those of lines do: the nearest word about a sort of file counts.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.spam.thresholds import Action, Level

from .attachments import File, Files
from .files import RUNS
from .macros import Macros


class What(enum.StrEnum):
    """A sort of file there may be a rule about."""

    PROGRAM = "program"
    """Programs, scripts and shortcuts, in archives and in disguise, too."""
    DISK_IMAGE = "disk image"
    MACRO = "macro"
    """Office files that hold macros, and those whose names say that they may."""
    PAGE = "page"
    """Web pages as files."""
    ENCRYPTED = "encrypted"
    """What opens with a password alone."""
    UNREADABLE = "unreadable"
    """Archives that could not be looked into, or not to their end."""
    LISTED = "listed"
    """Files with an extension that the policy lists."""


@dataclass(frozen=True, slots=True)
class Wants:
    """What one level wants; nothing about a sort: as the level above it."""

    actions: Mapping[What, Action] = field(default_factory=dict)
    """INBOX allows what a level further away forbids."""
    extensions: frozenset[str] = frozenset()
    """Extensions, in lower case and without a dot, that are added to those of the levels further away."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one recipient: an action for each sort, and whose word that is."""

    actions: Mapping[What, tuple[Action, Level]] = field(default_factory=dict)
    extensions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether it could object to anything."""
        return any(action is not Action.INBOX for action, _ in self.actions.values())


ANYTHING = Policy()


@dataclass(frozen=True, slots=True)
class Objection:
    """A file that somebody does not want."""

    what: What
    path: str
    action: Action
    origin: Level


def inherited(levels: Iterable[tuple[Level, Wants]]) -> Policy:
    """Return what holds where these levels lie within each other, in whatever order they come."""
    order = list(Level)
    actions: dict[What, tuple[Action, Level]] = {}
    extensions: frozenset[str] = frozenset()
    for level, wants in sorted(levels, key=lambda one: order.index(one[0])):
        actions |= {what: (action, level) for what, action in wants.actions.items()}
        extensions |= wants.extensions
    return Policy(actions, extensions)


def objections(files: Files, policy: Policy) -> tuple[Objection, ...]:
    """Return what a policy has against these files, the hardest first."""
    if not policy:
        return ()
    found: dict[tuple[What, str], Objection] = {}
    for what, path in _sorted(files, policy.extensions):
        action, origin = policy.actions.get(what, (Action.INBOX, Level.SITE))
        if action is not Action.INBOX:
            found.setdefault((what, path), Objection(what, path, action, origin))
    return tuple(sorted(found.values(), key=lambda one: -one.action.hardness))


def _sorted(files: Files, extensions: frozenset[str]) -> Iterable[tuple[What, str]]:
    for file in files.files:
        yield from ((what, file.path) for what in _sorts(file, extensions))
    yield from ((What.ENCRYPTED, path) for path in files.contents.encrypted)
    yield from ((What.UNREADABLE, path) for path in files.contents.unreadable + files.contents.bombs)
    yield from ((What.UNREADABLE, path) for _, path in files.missing)
    if files.contents.is_cut and files.files:
        yield What.UNREADABLE, files.files[0].path


def _sorts(file: File, extensions: frozenset[str]) -> Iterable[What]:
    if file.runs or file.kind in RUNS:
        yield What.PROGRAM
    if file.kind == "disk image":
        yield What.DISK_IMAGE
    if file.kind == "macro office" or file.macros is not Macros.NONE:
        yield What.MACRO
    if file.kind == "page" or (not file.is_inside and file.declared == "text/html"):
        yield What.PAGE
    if file.extension in extensions:
        yield What.LISTED
