"""Letters in text, subject and names that are not what they look like."""

from apps.protocols.mime.tree import BAD_TYPE, NO_BOUNDARY, NO_DELIMITER, NOT_CLOSED
from apps.spam.reading import Reading
from apps.spam.reading.reader import BAD_CHARSET

from .catalogue import Found
from .letters import INVISIBLE, REVERSED, STYLED, mixed_words

_BROKEN = frozenset({BAD_TYPE, NO_BOUNDARY, NO_DELIMITER, NOT_CLOSED})
ENOUGH_WORDS = 3
ENOUGH_INVISIBLE = 4
ENOUGH_STYLED = 3
LONGEST = 100_000


def examine_writing(reading: Reading, found: Found) -> None:
    """Look at how its text came, and at every letter that is not ASCII."""
    if BAD_CHARSET in reading.doubts:
        found.add("TEXT_UNKNOWN_CHARSET")
    if not _BROKEN.isdisjoint(reading.doubts):
        found.add("MIME_BROKEN", next(doubt for doubt in reading.doubts if doubt in _BROKEN))
    if not reading.text.strip() and not reading.images and not reading.attachments:
        found.add("TEXT_NONE")
    _text(reading.text[:LONGEST], found)
    _line(reading.subject, "SUBJECT", found)
    for party in reading.senders:
        _line(party.name, "FROM", found)


def _text(text: str, found: Found) -> None:
    if text.isascii():
        return
    if len(words := mixed_words(text, ENOUGH_WORDS)) >= ENOUGH_WORDS:
        found.add("TEXT_MIXED_SCRIPTS", " ".join(words))
    if len(INVISIBLE.findall(text)) >= ENOUGH_INVISIBLE:
        found.add("TEXT_INVISIBLE_LETTERS")
    if len(styled := STYLED.findall(text)) >= ENOUGH_STYLED:
        found.add("TEXT_STYLED_LETTERS", " ".join(styled))
    if REVERSED.search(text):
        found.add("TEXT_REVERSED")


def _line(line: str, name: str, found: Found) -> None:
    if line.isascii():
        return
    if words := mixed_words(line, 5):
        found.add(f"{name}_MIXED_SCRIPTS", " ".join(words))
    if INVISIBLE.search(line):
        found.add(f"{name}_INVISIBLE_LETTERS", line)
    if STYLED.search(line):
        found.add(f"{name}_STYLED_LETTERS", line)
    if REVERSED.search(line):
        found.add("TEXT_REVERSED", line)
