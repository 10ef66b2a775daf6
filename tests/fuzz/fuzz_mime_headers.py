"""Fuzz target: a header block is read whatever it is; chosen fields and the others are all of them."""

from apps.protocols.mime.charsets import decode
from apps.protocols.mime.headers import (
    decode_text,
    decode_words,
    every,
    fields,
    first,
    header_end,
    subset,
    unfold,
)
from apps.protocols.mime.parameters import media_type, parameter, parameter_bytes, parameters, token


def test_one_input(data: bytes) -> None:
    """Read the fields, and each value as words, as a media type and as parameters."""
    assert 0 <= header_end(data) <= len(data)
    for name, folded in fields(data):
        assert first(data, name) == every(data, name)[0]
        value = unfold(folded)
        decode_words(value).encode()
        assert decode_text(value).isprintable() or decode_text(value)
        media_type(value)
        token(value)
        found = parameters(value)
        for known, _ in found:
            parameter(found, known.removesuffix(b"*")).encode()
            parameter_bytes(found, known.removesuffix(b"*"))
    chosen, others = (subset(data, [b"Subject", b"to"], invert=invert) for invert in (False, True))
    assert len(fields(chosen)) + len(fields(others)) == len(fields(data))
    # The first line as a charset, the rest as text in it.
    charset, _, text = data.partition(b"\n")
    decode(text, charset.decode("ascii", "replace"))
