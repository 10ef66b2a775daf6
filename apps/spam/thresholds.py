"""Where a filter draws its lines: presets, what each level of the house wishes otherwise, and who drew which line.

Levels lie within each other: site, organisation, domain, group, user. A nearer level's preset replaces all lines drawn
further away; a line drawn by hand replaces that one line. Pure.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class Action(enum.StrEnum):
    """What is done with a message, from the mildest to the hardest."""

    INBOX = "inbox"
    TAG = "tag"
    JUNK = "junk"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"

    @property
    def hardness(self) -> int:
        """Its place among them: 0 for the mildest."""
        return _HARDNESS[self]


_HARDNESS = {action: place for place, action in enumerate(Action)}
DRAWN = (Action.TAG, Action.JUNK, Action.QUARANTINE, Action.REFUSE)
"""What a line can be drawn for: mail that reaches none goes to the inbox."""


class Level(enum.StrEnum):
    """Whose word it is, from the furthest to the nearest."""

    SITE = "site"
    ORGANISATION = "organisation"
    DOMAIN = "domain"
    GROUP = "group"
    USER = "user"


class Preset(enum.StrEnum):
    """How sensitive the filter is, in one word."""

    RELAXED = "relaxed"
    NORMAL = "normal"
    STRICT = "strict"


PRESETS: Mapping[Preset, Mapping[Action, float | None]] = {
    Preset.RELAXED: {Action.TAG: 4.0, Action.JUNK: 6.0, Action.QUARANTINE: None, Action.REFUSE: None},
    Preset.NORMAL: {Action.TAG: 2.0, Action.JUNK: 4.0, Action.QUARANTINE: None, Action.REFUSE: 9.0},
    Preset.STRICT: {Action.TAG: 1.0, Action.JUNK: 2.5, Action.QUARANTINE: 6.0, Action.REFUSE: 8.0},
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The score from which something is done, None where it never is, and whose word that is."""

    at: float | None
    origin: Level = Level.SITE

    def is_reached(self, score: float) -> bool:
        """Whether a score reaches it."""
        return self.at is not None and score >= self.at


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one level wants otherwise: a preset, lines of its own (None: never), or nothing."""

    preset: Preset | None = None
    lines: Mapping[Action, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The lines that hold for one recipient, each with its origin."""

    preset: Preset
    origin: Level
    thresholds: Mapping[Action, Threshold]

    def of(self, action: Action) -> Threshold:
        """Return the line of one action."""
        return self.thresholds[action]

    def reached(self, score: float, actions: Iterable[Action] = DRAWN) -> Action:
        """Return the hardest of these actions whose line a score reaches; INBOX where it reaches none."""
        found = [action for action in actions if self.thresholds[action].is_reached(score)]
        return max(found, key=lambda action: action.hardness, default=Action.INBOX)


def inherited(levels: Iterable[tuple[Level, Wishes]] = (), *, preset: Preset = Preset.NORMAL) -> Settings:
    """Return what holds where these levels lie within each other, in whatever order they come.

    `preset` is what the installation begins with.
    """
    chosen, origin = preset, Level.SITE
    lines = {action: Threshold(at) for action, at in PRESETS[preset].items()}
    order = list(Level)
    for level, wishes in sorted(levels, key=lambda one: order.index(one[0])):
        if wishes.preset is not None:
            chosen, origin = wishes.preset, level
            lines = {action: Threshold(at, level) for action, at in PRESETS[chosen].items()}
        lines |= {action: Threshold(at, level) for action, at in wishes.lines.items()}
    return Settings(chosen, origin, lines)


NORMAL = inherited()
