"""What is read of a message, and how much of it at most."""

from collections import Counter
from dataclasses import dataclass, field

from apps.protocols.mime.sniff import ENOUGH, sniff
from apps.protocols.mime.text import decoded_bytes
from apps.protocols.mime.tree import Node


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a message is read; what is cut is said in `Reading.doubts`."""

    text: int = 200_000
    """Characters of visible text."""
    hidden: int = 50_000
    """Characters of text that nobody sees."""
    source: int = 2_000_000
    """Characters of all text parts, as they are sent."""
    tags: int = 40_000
    """Tags and comments."""
    links: int = 1_000
    images: int = 1_000
    headers: int = 1_000
    addresses: int = 200
    attachment_html: int = 500_000
    """Characters of HTML files whose links are read."""


LIMITS = Limits()
LARGEST_PART = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in From, Reply-To, To or Cc."""

    name: str
    """The display name, decoded; '' where there is none."""
    address: str
    """As written, `local@domain`."""

    @property
    def domain(self) -> str:
        """The domain, in lower case."""
        return self.address.rpartition("@")[2].lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a message, as a browser would take it."""

    href: str
    text: str = ""
    """What a reader sees in its place; of a picture its alternative text."""
    where: str = "html"
    """html (a link), plain (an address in plain text), text (one in the text of HTML, linked by nobody), form, refresh,
    image, frame (iframe, embed, object), and attachment (whatever an attached HTML file leads to)."""
    has_image: bool = False
    """Whether there is a picture in the link."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message: text, file or picture; its bytes are decoded when somebody asks."""

    type: str
    """As the sender says, in lower case: `image/png`."""
    filename: str
    size: int
    """About how many bytes it has, decoded."""
    disposition: str
    """`attachment`, `inline`, or ''."""
    cid: str
    is_attachment: bool
    """Whether a reader would find it as a file."""
    depth: int
    """How many messages it lies in: 1 in an attached message."""
    _data: bytes = field(repr=False, compare=False)
    _node: Node = field(repr=False, compare=False)

    def data(self, limit: int = LARGEST_PART) -> bytes:
        """Return the decoded bytes, at most about `limit` of them."""
        return decoded_bytes(self._data, self._node, limit)[:limit]

    @property
    def sniffed(self) -> str:
        """The media type that the first bytes tell, or '' where they tell none."""
        return sniff(self.data(ENOUGH))


@dataclass(slots=True)
class HtmlFacts:
    """What was seen in the HTML of a message, beside its text."""

    documents: int = 0
    tags: int = 0
    comments: int = 0
    split_words: int = 0
    """How often a comment, or something hidden, stands within a word."""
    scripts: int = 0
    handlers: int = 0
    """Attributes that would run a script (onclick)."""
    forms: int = 0
    inputs: int = 0
    passwords: int = 0
    frames: int = 0
    """iframe, embed, object, applet."""
    refreshes: int = 0
    bases: tuple[str, ...] = ()
    title: str = ""
    hidden: Counter[str] = field(default_factory=Counter)
    """Characters that nobody sees, by what hides them: display, visibility, size, colour, opacity, box, offscreen."""
    faint: int = 0
    """Characters whose colour is hard to tell from their background."""
    tiny_images: int = 0
    """Pictures of a dot's size, or hidden."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message taken apart. Texts are decoded and hold no NUL; nothing in it may be trusted."""

    raw: bytes = field(repr=False)
    header: bytes = field(repr=False)
    """The header block as it stands."""
    headers: tuple[tuple[str, str], ...]
    """Name in lower case and value decoded on one line, of every field in order."""
    subject: str
    senders: tuple[Party, ...]
    """Everybody in From."""
    reply_to: tuple[Party, ...]
    to: tuple[Party, ...]
    """Everybody in To, then in Cc."""
    text: str
    """All that a reader sees: of alternatives the richest."""
    hidden_text: str
    """What HTML hides from its reader."""
    alternative_text: str
    """The text of alternatives that are not shown."""
    source: str = field(repr=False)
    """The text parts as they were sent, decoded: HTML with its tags."""
    links: tuple[Link, ...]
    """Whatever can be clicked, submitted or is followed by itself."""
    images: tuple[Link, ...]
    html: HtmlFacts
    attached_html: HtmlFacts
    """What was seen in attached HTML files; their links are in `links`."""
    parts: tuple[Part, ...]
    doubts: tuple[str, ...]
    """What was broken or cut, in short fixed sentences."""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return the values of all fields of this name (in lower case)."""
        return tuple(value for each, value in self.headers if each == name)

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The parts a reader would find as files."""
        return tuple(part for part in self.parts if part.is_attachment)
