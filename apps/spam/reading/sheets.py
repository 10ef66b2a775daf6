"""Style sheets of a mail, as far as they tell what a reader sees: rules for one tag, class or id."""

import re
from dataclasses import dataclass, field, replace

from .styles import NOTHING, TELLING, Style, declared

LONGEST = 256 * 1024
MOST_RULES = 1500

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PIECE = re.compile(r"([^{}]*+)([{}]|\Z)")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][a-z0-9_-]+)?|\*", re.IGNORECASE)
_NAMES = re.compile(r"[.#]([a-z0-9_-]+)", re.IGNORECASE)
_EVERYWHERE = re.compile(r"@media\s*(?:all|screen|only\s+screen)?\s*\Z", re.IGNORECASE)


@dataclass(slots=True)
class Sheet:
    """What simple selectors say, and the classes and ids whose background nobody can tell."""

    rules: dict[str, Style] = field(default_factory=dict)
    shaded: set[str] = field(default_factory=set)

    @property
    def is_telling(self) -> bool:
        """Whether it says anything about what is seen."""
        return bool(self.rules or self.shaded)

    def add(self, source: str) -> None:
        """Read the text of a `<style>`."""
        if TELLING.search(source) is None:
            return
        source = _COMMENT.sub(" ", source[:LONGEST]).replace("<!--", " ").replace("-->", " ")
        # What every open brace means: whether what is in it holds everywhere.
        holds = [True]
        selector = ""
        for text, brace in _PIECE.findall(source):
            if brace == "{":
                selector = text.rpartition(";")[2].strip()
                holds.append(holds[-1] and (selector[:1] != "@" or bool(_EVERYWHERE.match(selector))))
            elif brace == "}":
                if holds[-1] and selector and selector[0] != "@" and text:
                    self._rule(selector, text)
                selector = ""
                if len(holds) > 1:
                    holds.pop()
            if len(self.rules) > MOST_RULES:
                return

    def _rule(self, selectors: str, text: str) -> None:
        style = declared(text.strip())
        if style == NOTHING:
            return
        for each in selectors.split(",")[:50]:
            selector = each.strip()
            if selector and _SIMPLE.fullmatch(selector):
                key = selector.lower()
                before = self.rules.get(key)
                self.rules[key] = merged(before, style) if before else style
            elif style.background is not None:
                self.shaded.update(name.lower() for name in _NAMES.findall(selector))

    def of(self, tag: str, classes: str, name: str) -> Style:
        """Return what it says about an element."""
        rules = self.rules
        style = rules.get(tag, NOTHING)
        if name and (found := rules.get(f"#{name.lower()}")):
            style = merged(style, found)
        for word in classes.lower().split()[:20]:
            for key in (f".{word}", f"{tag}.{word}"):
                if found := rules.get(key):
                    style = merged(style, found)
            if word in self.shaded and style.background is None:
                style = replace(style, background="")
        return style


def merged(below: Style, above: Style) -> Style:
    """Return two styles as one; the second one's word counts."""
    if below == NOTHING:
        return above
    if above == NOTHING:
        return below
    return Style(
        below.gone if above.gone is None else above.gone,
        below.visible if above.visible is None else above.visible,
        below.size if above.size is None else above.size,
        below.is_relative if above.size is None else above.is_relative,
        below.colour if above.colour is None else above.colour,
        below.background if above.background is None else above.background,
    )
