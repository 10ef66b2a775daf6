"""Fuzz target: any text becomes harmless HTML that cleaning would leave as it is."""

from apps.protocols.html.cleaning import clean
from apps.protocols.html.plain import from_text
from tests.protocols.html.judge import faults


def test_one_input(data: bytes) -> None:
    """Show a text in each of the ways it may be written."""
    text = data.decode("utf-8", "replace")
    for flowed, delsp in ((False, False), (True, False), (True, True)):
        html = from_text(text, flowed=flowed, delsp=delsp)
        assert not faults(html), faults(html)
        assert clean(html).html == html
