"""Fuzz target: questions to our own name server, and its answers, which are DNS whatever was asked."""

import dns.message

from apps.domains import zone

ZONE, HOST = "dkim.mail.example.test", "mail.example.test"
KEY = "v=DKIM1; k=rsa; p=" + "A" * 392


def test_one_input(data: bytes) -> None:
    """Read the question and answer it, with a key and without."""
    asked = zone.read(data)
    if asked is None:
        return
    text = KEY if zone.slot_asked(asked, ZONE) else ""
    for is_tcp in (False, True):
        wire = zone.answer(asked, text, zone=ZONE, hostname=HOST, serial=1, is_tcp=is_tcp)
        assert is_tcp or len(wire) <= zone.MOST_UDP
        dns.message.from_wire(wire)
