"""PLAIN and LOGIN are read, and what is neither is one error."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.sasl import SaslError, Secret, decode, login, plain


def test_it_works() -> None:
    assert plain(decode(b"AGFsaWNlAHMzY3JldA==")) == Secret("alice", "s3cret")
    assert plain(b"alice\0alice\0zo\xc3\xab") == Secret("alice", "zoë", "alice")
    assert login(b"alice", b"s3cret") == Secret("alice", "s3cret")
    assert decode(b"=") == b""


@pytest.mark.parametrize("response", [b"", b"a\0b", b"\0a\0", b"\0\0b", b"\0a\0b\0c", b"\0\xff\0b"])
def test_malformed_plain_is_refused(response: bytes) -> None:
    with pytest.raises(SaslError):
        plain(response)


@pytest.mark.parametrize("response", [b"!", b"YQ", b"YQ==\n", b"==", b"\xff"])
def test_what_is_not_base64_is_refused(response: bytes) -> None:
    with pytest.raises(SaslError):
        decode(response)


def test_a_secret_is_never_shown() -> None:
    assert "s3cret" not in repr(Secret("alice", "s3cret"))


@given(st.binary(), st.binary())
def test_only_the_declared_error_escapes(one: bytes, two: bytes) -> None:
    with contextlib.suppress(SaslError):
        plain(one)
    with contextlib.suppress(SaslError):
        login(one, two)
    with contextlib.suppress(SaslError):
        decode(one)
