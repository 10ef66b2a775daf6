"""Fuzz target: what Outlook asks, looked through, and the answer, which is XML whatever was asked."""

from xml.etree import ElementTree as ET

from apps.protocols.programs import autodiscover
from apps.protocols.programs.offer import Offer

OFFER = Offer("mail.example.test", 993, 143, 465, 587)


def test_one_input(data: bytes) -> None:
    """Read the question; an address that XML can hold comes back as it was."""
    asked = autodiscover.read(data)
    if asked is None or not asked.address.isprintable():
        return
    found = ET.fromstring(autodiscover.write(asked.address, OFFER))
    assert any(one.text == asked.address for one in found.iter() if one.tag.endswith("LoginName"))
