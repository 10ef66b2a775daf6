"""How the lines of a message end: on the wire in CRLF, in a file of a Unix system in LF."""

from enum import StrEnum


class LineEnds(StrEnum):
    """What a message's line ends are."""

    CRLF = "CRLF"
    LF = "LF"
    MIXED = "mixed"


def line_ends(data: bytes) -> LineEnds:
    """Return CRLF or LF where all lines end alike and no CR stands alone; no lines at all count as CRLF."""
    pairs = data.count(b"\r\n")
    if data.count(b"\r") != pairs:
        return LineEnds.MIXED
    feeds = data.count(b"\n")
    if feeds == pairs:
        return LineEnds.CRLF
    return LineEnds.MIXED if pairs else LineEnds.LF
