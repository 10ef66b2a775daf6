"""Fuzz target: whatever the HTML, what comes out is harmless, and cleaning it again changes nothing."""

from apps.protocols.html.cleaning import clean
from apps.protocols.html.quotes import fold
from apps.protocols.html.to_text import to_text
from tests.protocols.html.judge import faults


def test_one_input(data: bytes) -> None:
    """Clean, judge, clean again, fold and turn into text."""
    body = clean(data.decode("utf-8", "replace"))
    assert not faults(body.html), faults(body.html)
    if body.fallback != "unstable":
        assert clean(body.html).html == body.html
    folded = fold(body.html)
    assert folded.before + folded.quote + folded.after == body.html
    to_text(body.html)
