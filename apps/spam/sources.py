"""The sources of evidence there are: each is asked about every message, in this order, and may fail alone.

A source of the site is asked about a message. One of mailboxes is asked about all recipients at once, so that it can ask
the database once, and what it says of each stands in place of what the site's source of the same name said. A new source
is a function in `asking`, and a line in `load`.
"""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .antivirus.evidence import NAME, antivirus
from .authentication import authentication
from .content import examine
from .content.attachments import Files, files_of
from .content.policy import ANYTHING, Policy
from .envelopes import Envelope
from .learning.features import Features, features
from .learning.material import material
from .listed import listed
from .lists import Entry
from .reading import Reading, read
from .symbols import Evidence
from .thresholds import NORMAL, Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Home:
    """A mailbox a message is judged for: its lines, and the entries of its lists that may be about the message."""

    mailbox_id: int
    settings: Settings = NORMAL
    entries: tuple[Entry, ...] = ()
    organisation_id: int = 0
    domain_id: int = 0
    domain: str = ""
    owner_id: int = 0
    missing: tuple[tuple[str, str], ...] = ()
    """What could not be asked about this mailbox."""
    attachments: Policy = ANYTHING
    """What is done with files it does not want."""


class Message:
    """A message as sources see it: its bytes, read once and only if somebody asks, and what was found before."""

    def __init__(self, raw: bytes, envelope: Envelope) -> None:
        self.raw = raw
        self.envelope = envelope
        self.found: dict[str, Evidence] = {}
        """What each source said, by its name."""

    @functools.cached_property
    def reading(self) -> Reading:
        """The message taken apart, once for all."""
        return read(self.raw)

    @functools.cached_property
    def files(self) -> Files:
        """Its files, and those in archives, looked at once for all."""
        return files_of(self.reading)

    @functools.cached_property
    def features(self) -> Features:
        """The message as learners see it, once for all."""
        return features(material(self.reading))

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
class Source[**P, T]:
    """Somebody who is asked."""

    name: str
    ask: Callable[P, T]
    version: Callable[[], str] = str
    """What it is now: of rules and models that may change under a running process."""
    may_be_stopped: bool = True
    """Whether it may be interrupted: not where it holds a connection."""


type SiteSource = Source[[Message], Evidence | Found]
type HomeSource = Source[[Message, Sequence[Home]], Mapping[int, Evidence | Found]]
"""Of whom it says nothing, there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everybody who is asked."""

    site: Sequence[SiteSource] = ()
    home: Sequence[HomeSource] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    """Who could not be loaded, and why."""


def load() -> Sources:
    """Load all there are; models and rules come into memory here, before a worker has children."""
    from . import asking
    from .marks.judging import Learned

    learned, absent = Learned(), {}
    try:
        learned.load()
    except Exception:
        # Whatever is wrong with it: mail is judged by everybody else, and refused by nobody meanwhile.
        log.exception("what was learned could not be loaded")
        absent["learned"] = "could not be loaded"
    # Rules come last: they may be about what all others found.
    site: list[SiteSource] = [
        Source("authentication", lambda message: authentication(message.envelope)),
        Source("lists", lambda message: listed(message.envelope)),
        Source("content", lambda message: examine(message.reading, message.files)),
        Source("learned", learned.site, learned.version, may_be_stopped=False),
        Source(NAME, lambda message: antivirus(message.raw), may_be_stopped=False),
        Source("rules", asking.site_rules, may_be_stopped=False),
    ]
    home: list[HomeSource] = [
        Source("reputation", asking.senders, may_be_stopped=False),
        Source("learned", learned.homes, may_be_stopped=False),
        Source("own rules", asking.own_rules, may_be_stopped=False),
    ]
    return Sources(
        [one for one in site if one.name not in absent],
        [one for one in home if one.name not in absent],
        absent,
    )
