"""What reading a document would cost, asked before it is read: depth and copies are what hostile HTML is made of.

A tree builder opens formatting elements anew in every block they reach into, and looks up through all open elements
for each block, so a few kilobytes can become millions of elements. So tags are read here exactly as a parser reads
them, and an end tag counts only where it surely closes something: the cost is never thought too low, and may be
thought too high, and such a mail is shown as text.
"""

import re

LONGEST = 1536 * 1024
TAGS = 60_000
DEEPEST = 400
COPIES = 400_000
MARKS = 60_000
"""Every `&` and stray `<` makes the tree builder copy the text before it."""
FEW = 1000
"""With so many tags nothing can cost much."""
WITHIN = 50

_SPACE = "[\t\n\f\r ]"
_NAME = "[a-zA-Z][^\t\n\f\r />]*+"
_VALUE = (
    f"{_SPACE}*+={_SPACE}*+(?:\"[^\"]*+(?:\"|\\Z)|'[^']*+(?:'|\\Z)|[^\t\n\f\r >\"'][^\t\n\f\r >]*+|(?=>|\\Z))"
)
_ATTRIBUTES = f"(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+(?:{_VALUE})?+)*+"
# A comment, what is taken for one, or a tag (HTML 13.2.5); every alternative runs to its end, or to that of the input.
TOKEN = re.compile(
    rf"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|[!?][^>]*+(?:>|\Z)|/(?![a-zA-Z])[^>]*+(?:>|\Z)"
    rf"|(/?)({_NAME}){_ATTRIBUTES}(?:>|\Z))",
    re.DOTALL,
)
_RAW_WORDS = "script style title textarea xmp noembed noframes iframe"
RAW = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE) for name in _RAW_WORDS.split()}
_ESCAPED_SCRIPT = re.compile(r"<!--.*?<script", re.DOTALL | re.IGNORECASE)
# Within these tags mean something else, or nothing.
_OTHER_WORLDS = re.compile(
    r"</?(?:select|svg|math|template|noscript|object|applet|marquee|plaintext|frameset|frame)(?=[\t\n\f\r />]|\Z)[^>]*+>?",
    re.IGNORECASE,
)
_EMPTY_WORDS = "area base br col embed hr img input keygen link meta param source track wbr image"
_EMPTY = frozenset(_EMPTY_WORDS.split())
_PLACES_WORDS = "tr td th tbody thead tfoot caption colgroup option html body head"
_PLACES = frozenset(_PLACES_WORDS.split())
_CELLS = frozenset({"td", "th", "caption"})
_ITEMS = {"p": "p", "li": "li", "dd": "dd", "dt": "dd"}
_FORMATTING_WORDS = "a b big code em font i nobr s small strike strong tt u"
_FORMATTING = frozenset(_FORMATTING_WORDS.split())
_BLOCKS_WORDS = (
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 header hgroup listing main menu nav ol pre section summary ul"
)
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_TRIES = 7
"""Through more blocks than this a tree builder does not look for what an end tag closes."""

TOO_LONG, TOO_MANY, TOO_DEEP, TOO_COSTLY = "long", "tags", "deep", "costly"


def untangled(source: str) -> str:
    """Return a document without the tags within which others mean something else, unless it is small anyway."""
    if source.count("<") <= FEW:
        return source
    for _ in range(3):
        without = _OTHER_WORLDS.sub(" ", source)
        if without == source:
            break
        source = without
    return source


def too_much(source: str) -> str:
    """Return why a document is not read, or '' when it may be."""
    if len(source) > LONGEST:
        return TOO_LONG
    if source.count("&") > MARKS or source.count("<") > 2 * TAGS:
        return TOO_MANY
    return too_tangled(source)


def too_tangled(source: str) -> str:
    """Return why a tree is not built of a document, or '' when it may be."""
    if source.count("<") <= FEW:
        return ""
    if _OTHER_WORLDS.search(source):
        return TOO_COSTLY
    return _Reader().read(source)


class _Reader:
    """Reads tags, and knows what is open at most."""

    def __init__(self) -> None:
        # For each table around: what is open in it, and how many items and cells had begun before.
        self.levels: list[list[tuple[str, int, int]]] = [[]]
        self.cells = [0]
        self.items = self.depth = self.formatting = self.copies = 0
        self.kinds: list[str] = []

    def read(self, source: str) -> str:
        """Return why it costs too much, or ''."""
        at = count = 0
        while (token := TOKEN.search(source, at)) is not None:
            at = token.end()
            if token[2] is None:
                continue
            name = token[2].lower()
            if token[1]:
                self.closed(name)
                continue
            count += 1
            self.copies += self.formatting
            if (end := RAW.get(name)) is not None:
                found = end.search(source, at)
                inside, at = at, len(source) if found is None else found.start()
                if name == "script" and _ESCAPED_SCRIPT.search(source, inside, at):
                    return TOO_COSTLY
                continue
            self.begun(name)
            if self.depth > DEEPEST:
                return TOO_DEEP
            if count > TAGS:
                return TOO_MANY
            if self.copies > COPIES:
                return TOO_COSTLY
        return ""

    def begun(self, name: str) -> None:
        """Note a start tag."""
        if name in _EMPTY or name in _PLACES:
            self.cells[-1] += name in _CELLS
        elif name in _ITEMS:
            self.items += 1
            # Of one kind, the next closes the one before; of another, it is within.
            if name != "p" and (not self.kinds or self.kinds[-1] != _ITEMS[name]):
                self.kinds.append(_ITEMS[name])
                self.depth += 1
        elif name == "table":
            self.levels.append([])
            self.cells.append(0)
            self.depth += 1
        else:
            if name == "a":
                self.closed(name)  # By the next.
            self.levels[-1].append((name, self.items, self.cells[-1]))
            self.formatting += name in _FORMATTING
            self.depth += 1

    def closed(self, name: str) -> None:
        """Note an end tag."""
        top = self.levels[-1]
        if name == "table":
            if len(self.levels) > 1:
                self.depth -= 1
                # What was not closed in it never will be.
                self.levels[-2].extend((each, -TAGS, -1) for each, _, _ in self.levels.pop())
                self.cells.pop()
        elif name in _ITEMS:
            if self.kinds and self.kinds[-1] == _ITEMS[name]:
                self.kinds.pop()
                self.depth -= 1
        else:
            for back, (each, items, cells) in enumerate(reversed(top[-WITHIN:])):
                if each == name:
                    if self.surely_closed(name, back, items, cells):
                        del top[len(top) - 1 - back]
                        self.depth -= 1
                        self.formatting -= name in _FORMATTING
                    break

    def surely_closed(self, name: str, back: int, items: int, cells: int) -> bool:
        """Say whether an end tag closes what is `back` below the top, which was opened with so many items and cells."""
        if name in _BLOCKS:
            return True
        if cells != self.cells[-1]:
            return False
        since = self.items - items
        if name in _FORMATTING:
            return back + since <= _TRIES
        top = self.levels[-1]
        return not since and not any(each in _BLOCKS for each, _, _ in top[len(top) - back :])
