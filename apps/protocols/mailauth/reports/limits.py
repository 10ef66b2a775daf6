"""What a report may cost us. Whoever likes may send one, so each step has an end that its writer cannot move."""

MAX_MESSAGE_BYTES = 12 * 1024 * 1024
MAX_PACKED_BYTES = 8 * 1024 * 1024
MAX_XML_BYTES = 24 * 1024 * 1024
MAX_JSON_BYTES = 1024 * 1024
"""Less than of XML: JSON is read at once, and becomes ten times as much."""
MAX_RATIO = 250
"""How far rows that are much alike may pack; a bomb reaches a thousand."""
FREE_BYTES = 1024 * 1024
"""Below this nobody asks how well something was packed."""
MAX_ROWS = 10_000
MAX_ELEMENTS = 1_000_000
MAX_ATTRIBUTES = 10_000
"""Of all elements: reports have next to none, and expat remembers every name of one for as long as it reads."""
MAX_DEPTH = 12
MAX_TEXT = 1000
MAX_SILENCE = 256 * 1024
"""How much XML may come without an element or text ending: more is a tag without an end."""
MAX_RESULTS = 10
"""How many signatures, reasons or errors one row may name; what is more is left out."""
MAX_POLICIES = 100
MAX_DETAILS = 2_000
PIECE = 64 * 1024


class ReportError(ValueError):
    """What came is no report, or one that must not be read further; its message is for our log."""
