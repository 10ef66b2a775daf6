"""Fuzz target: whatever a message says of its seals, there is a verdict, and a chain that holds goes on."""

from functools import cache

from apps.protocols.mailauth.arc.results import Arc
from apps.protocols.mailauth.arc.seal import seal
from apps.protocols.mailauth.arc.verify import check_arc
from apps.protocols.mailauth.dkim.keys import Signer, load
from apps.protocols.mailauth.dkim.letter import HEADER_LIMIT
from tests.protocols.mailauth.answering import answer
from tests.protocols.mailauth.keys import ed25519_key, name, record

NOW = 1_795_000_000


@cache
def _signer() -> Signer:
    return load(ed25519_key())


def test_one_input(data: bytes) -> None:
    """The first line is the record of every key and results; the rest is a message, judged, sealed and judged again."""
    text, _, message = data.partition(b"\n")
    given = text.decode("utf-8", "replace")
    records = {"s._domainkey.example.test": given}
    result = answer(check_arc(message, NOW), records)
    assert result.reason or result.result is Arc.PASS
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"").split(b"\n")
    message = b"From: alice@example.test\r\n" + b"\r\n".join(lines)
    if len(message) + len(text) > HEADER_LIMIT // 2:
        return
    chain = answer(check_arc(message, NOW), records)
    made = seal(message, results=given, chain=chain, signer=_signer(), now=NOW)
    if made:
        again = answer(check_arc(made + message, NOW), records | {name(ed25519_key()): record(ed25519_key())})
        assert again.highest == chain.highest + 1
        assert again.is_ended == (chain.result is Arc.FAIL)
        assert (again.result is Arc.PASS) == (chain.result is not Arc.FAIL)
