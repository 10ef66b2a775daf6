"""What reading a document would cost, asked before it is read: depth and copies are what hostile HTML is made of.

A tree builder opens formatting elements anew in every block they reach into, so a few kilobytes can become
millions of elements. The count here is never too low by much, and may be too high: such a mail is shown as text.
"""

import re

LONGEST = 1536 * 1024
TAGS = 60_000
DEEPEST = 400
COPIES = 400_000
MARKS = 60_000
"""Every `&` and stray `<` makes the tree builder copy the text before it."""

_UNREAD = re.compile(
    r"<!--.*?(?:--!?>|\Z)|<(script|style|title|textarea|xmp|noembed|noframes|iframe)\b.*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,20})([^>]*+)")
_VOID_WORDS = (
    "area base br col embed hr img input link meta param source track wbr p li td th tr tbody thead tfoot "
    "dt dd option html body head"
)
_VOID = frozenset(_VOID_WORDS.split())
_FORMATTING_WORDS = "a b big code em font i nobr s small strike strong tt u"
_FORMATTING = frozenset(_FORMATTING_WORDS.split())

TOO_LONG, TOO_MANY, TOO_DEEP, TOO_COSTLY = "long", "tags", "deep", "costly"


def too_much(source: str) -> str:
    """Return why a document is not read, or '' when it may be."""
    if len(source) > LONGEST:
        return TOO_LONG
    if source.count("&") > MARKS or source.count("<") > 2 * TAGS:
        return TOO_MANY
    # Comments and the like hold no tags; whatever is miscounted because of them is cleaned all the same.
    levels: list[list[str]] = [[]]
    count = depth = open_formatting = copies = 0
    for match in _TAG.finditer(_UNREAD.sub("", source)):
        count += 1
        name = match[2].lower()
        top = levels[-1]
        if not match[1]:
            copies += open_formatting
            if name in _VOID:
                continue
            if name == "table":
                levels.append([])
            else:
                top.append(name)
                open_formatting += name in _FORMATTING
            depth += 1
        elif name == "table":
            if len(levels) > 1:
                depth -= 1
                levels[-2].extend(levels.pop())
        elif name in top[-50:]:
            del top[len(top) - 1 - top[::-1].index(name)]
            depth -= 1
            open_formatting -= name in _FORMATTING
        if depth > DEEPEST:
            return TOO_DEEP
        if count > TAGS:
            return TOO_MANY
        if copies > COPIES and open_formatting > 30:
            return TOO_COSTLY
    return TOO_COSTLY if copies > 10 * COPIES else ""
