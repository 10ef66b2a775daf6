"""Tags of HTML that a serialiser wrote: every value quoted, every `<` of the text escaped. Not for anything else."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z:-]+(?:="[^"]*")?)*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z:-]+)(?:="([^"]*)")?')
VOID = frozenset({"br", "hr", "img", "col", "wbr"})


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, where it stands, and whether it closes its element."""

    name: str
    closes: bool
    start: int
    end: int
    raw: str

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes, decoded."""
        return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(self.raw)}


def tags(source: str) -> Iterator[Tag]:
    """Yield the tags in order."""
    for match in _TAG.finditer(source):
        yield Tag(match[2], bool(match[1]), match.start(), match.end(), match[3])


def written(name: str, attributes: dict[str, str]) -> str:
    """Write a start tag as the serialiser does."""
    pairs = "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{pairs}>"


def escaped(value: str) -> str:
    """Escape the value of an attribute."""
    for mark, entity in (
        ("&", "&amp;"), ("\u00a0", "&nbsp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;"),
    ):  # fmt: skip
        value = value.replace(mark, entity)
    return value
