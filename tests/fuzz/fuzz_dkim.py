"""Fuzz target: whatever a message says of its signatures and whatever a key record is, there is a verdict."""

from functools import cache

from apps.protocols.mailauth.dkim.keys import Signer, load
from apps.protocols.mailauth.dkim.letter import HEADER_LIMIT
from apps.protocols.mailauth.dkim.results import Dkim
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.mailauth.dkim.verify import SIGNATURES, check_dkim
from tests.protocols.mailauth.answering import answer
from tests.protocols.mailauth.keys import ed25519_key, name, record

NOW = 1_795_000_000


@cache
def _signer() -> Signer:
    return load(ed25519_key())


def test_one_input(data: bytes) -> None:
    """The first line is the record of every key; the rest is judged as a message, then signed and judged again."""
    text, _, message = data.partition(b"\n")
    records = {"s._domainkey.example.test": text.decode("utf-8", "replace")}
    results = answer(check_dkim(message, NOW), records)
    assert 1 <= len(results) <= SIGNATURES + 1
    for result in results:
        assert result.reason or result.result is Dkim.PASS
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"").split(b"\n")
    message = b"From: alice@example.test\r\n" + b"\r\n".join(lines)
    if len(message) < HEADER_LIMIT:
        signed = sign(message, (_signer(),), NOW) + message
        assert (
            answer(check_dkim(signed, NOW), {name(ed25519_key()): record(ed25519_key())})[0].result
            is Dkim.PASS
        )
