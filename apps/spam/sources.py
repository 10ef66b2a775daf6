"""The sources of evidence there are: each is asked about every message, in this order, and may fail alone.

A source of the site is asked once for a message. One of a mailbox is asked for each recipient, and what it says stands
in place of what the site's source of the same name said. A new source is one line in `load`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .authentication import authentication
from .envelopes import Envelope
from .listed import listed
from .lists import Entry
from .symbols import Evidence
from .thresholds import NORMAL, Settings


@dataclass(frozen=True, slots=True)
class Home:
    """A mailbox a message is judged for: its lines, and the entries of its lists that may be about the message."""

    mailbox_id: int
    settings: Settings = NORMAL
    entries: tuple[Entry, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    """What could not be asked about this mailbox."""


class Message:
    """A message as sources see it: its bytes, how it came, and what was found before."""

    def __init__(self, raw: bytes, envelope: Envelope) -> None:
        self.raw = raw
        self.envelope = envelope
        self.found: dict[str, Evidence] = {}
        """What each source said, by its name."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of all symbols found so far, for rules about them."""
        return tuple(symbol.name for evidence in self.found.values() for symbol in evidence.symbols)


@dataclass(frozen=True, slots=True)
class Found:
    """What a source says, and the numbers behind it where it can be asked again by arithmetic."""

    evidence: Evidence
    vector: bytes | None = None


@dataclass(frozen=True, slots=True)
class Source[**P]:
    """Somebody who is asked."""

    name: str
    ask: Callable[P, Evidence | Found]
    version: Callable[[], str] = str
    """What it is now: of rules and models that may change under a running process."""
    may_be_stopped: bool = True
    """Whether it may be interrupted: not where it holds a connection."""


type SiteSource = Source[[Message]]
type HomeSource = Source[[Message, Home]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everybody who is asked."""

    site: Sequence[SiteSource] = ()
    home: Sequence[HomeSource] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    """Who could not be loaded, and why."""


def load() -> Sources:
    """Load all there are; models and rules come into memory here, before a worker has children."""
    site: list[SiteSource] = [
        Source("authentication", lambda message: authentication(message.envelope)),
        Source("lists", lambda message: listed(message.envelope)),
    ]
    return Sources(site)
