"""HTML that shows a reader something else than a program, or does more than show."""

import re

from apps.spam.reading import Reading

from .catalogue import Found
from .places import domain_of, place_of

ENOUGH_HIDDEN = 40
"""Fewer characters are a preheader's padding."""
_WORD = re.compile(r"\w{3,30}")
DISTINCT = 15
COMPARED = 20_000


def examine_markup(reading: Reading, found: Found) -> None:
    """Look at what the HTML hides and does."""
    facts = reading.html
    if not facts.documents:
        return
    _hidden(reading, found)
    if facts.split_words >= 3:
        found.add("HTML_SPLIT_WORDS", str(facts.split_words))
    if facts.scripts or facts.handlers:
        found.add("HTML_SCRIPT")
    if facts.passwords:
        found.add("HTML_PASSWORD_FIELD")
    if facts.forms:
        found.add("HTML_FORM", next((link.href for link in reading.links if link.where == "form"), ""))
    if facts.frames:
        found.add("HTML_FRAME", next((link.href for link in reading.links if link.where == "frame"), ""))
    if facts.refreshes:
        found.add("HTML_REFRESH", next((link.href for link in reading.links if link.where == "refresh"), ""))
    senders = {domain_of(party.domain) for party in reading.senders}
    for base in facts.bases:
        place = place_of(base)
        if place.is_web and place.domain not in senders:
            found.add("HTML_BASE_ELSEWHERE", base)
    _pictures(reading, found)
    if reading.alternative_text and _differ(reading.text, reading.alternative_text):
        found.add("HTML_ALTERNATIVES_DIFFER")


def _hidden(reading: Reading, found: Found) -> None:
    hidden = reading.html.hidden
    sample = " ".join(reading.hidden_text.split())[:120]
    # What `display: none` hides is mostly a preheader; what is written and made unreadable is meant for a program.
    if hidden["size"] >= ENOUGH_HIDDEN:
        found.add("HTML_TINY_TEXT", sample)
    if hidden["colour"] >= ENOUGH_HIDDEN:
        found.add("HTML_TEXT_LIKE_BACKGROUND", sample)
    if hidden["offscreen"] + hidden["box"] + hidden["opacity"] >= ENOUGH_HIDDEN:
        found.add("HTML_TEXT_OFF_SCREEN", sample)
    words = len(_WORD.findall(reading.hidden_text[:COMPARED]))
    if words >= 60:
        found.add("HTML_HIDDEN_TEXT", sample)
    if words >= 30 and words > len(_WORD.findall(reading.text[:COMPARED])):
        found.add("HTML_HIDDEN_MORE_THAN_SEEN", sample)


def _pictures(reading: Reading, found: Found) -> None:
    pictures = len(reading.images) - reading.html.tiny_images
    if pictures <= 0 or len(reading.text) >= 200:
        return
    words = len(_WORD.findall(reading.text))
    if words <= 10:
        found.add("HTML_IMAGE_ONLY")
        if any(link.has_image and link.where == "html" for link in reading.links):
            found.add("HTML_ONE_LINKED_IMAGE")


def _differ(one: str, other: str) -> bool:
    """Whether two texts that should be one have hardly a word in common."""
    first = set(_WORD.findall(one[:COMPARED].lower()))
    second = set(_WORD.findall(other[:COMPARED].lower()))
    if min(len(first), len(second)) < DISTINCT:
        return False
    return len(first & second) * 5 < min(len(first), len(second))
