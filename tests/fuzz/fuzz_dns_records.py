"""Fuzz target: what domains publish, read for its meaning."""

from apps.domains.records.key_record import judge_key
from apps.domains.records.tags import tags_of, versions_of
from apps.domains.records.values import State
from apps.protocols.mailauth.lookups import Answer, Status


def test_one_input(data: bytes) -> None:
    """Read texts as records of every kind."""
    texts = tuple(data.decode("utf-8", "surrogateescape").split("\n"))
    for text in texts:
        assert all(name == name.strip().lower() for name in tags_of(text))
    versions_of(texts, "DMARC1")
    state, code = judge_key(Answer(Status.FOUND, texts), "rsa", "AAAA")
    assert code
    assert (state == State.OK) <= any("AAAA" in "".join(text.split()) for text in texts)
