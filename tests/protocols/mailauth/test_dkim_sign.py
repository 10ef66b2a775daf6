"""What we sign is believed by us and by dkimpy, and what dkimpy signs, by us."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.protocols.mailauth.dkim.keys import Signer, SigningKey, load
from apps.protocols.mailauth.dkim.results import Dkim
from apps.protocols.mailauth.dkim.sign import KEPT, SEALED, sign
from apps.protocols.mailauth.dkim.verify import check_dkim
from tests.protocols.mime.strategies import soup

from .answering import answer
from .keys import ed25519_key, name, record, rsa_key
from .signing import MESSAGE

KEYS = (rsa_key(), ed25519_key())
RECORDS = {name(key): record(key) for key in KEYS}
SIGNERS: tuple[Signer, ...] = tuple(map(load, KEYS))
NOW = 1_795_000_000


def verdicts(message: bytes) -> list[Dkim]:
    return [result.result for result in answer(check_dkim(message, NOW), RECORDS)]


def find(asked: bytes, timeout: int = 5) -> bytes:
    """Answer dkimpy."""
    del timeout
    return RECORDS[asked.decode().rstrip(".")].encode()


def theirs(message: bytes) -> list[bool]:
    """Return what dkimpy says of both signatures."""
    return [dkim.DKIM(message).verify(place, dnsfunc=find) for place in range(2)]


def test_it_works() -> None:
    fields = sign(MESSAGE, SIGNERS, NOW)
    assert verdicts(fields + MESSAGE) == [Dkim.PASS, Dkim.PASS]
    assert theirs(fields + MESSAGE) == [True, True]
    assert fields.endswith(b"\r\n")
    assert max(map(len, fields.split(b"\r\n"))) <= 85
    assert f"t={NOW}".encode() in fields


def test_nobody_to_sign() -> None:
    assert sign(MESSAGE, (), NOW) == b""


def test_a_message_without_an_end_to_its_header() -> None:
    assert sign(b"X: y\r\n" * 100_000 + MESSAGE, SIGNERS, NOW) == b""


@pytest.mark.parametrize("field", SEALED)
def test_no_sealed_field_may_be_added(field: str) -> None:
    """Above or below those that are there."""
    signed = sign(MESSAGE, SIGNERS, NOW) + MESSAGE
    added = f"{field}: something else\r\n".encode()
    assert verdicts(added + signed) == [Dkim.FAIL, Dkim.FAIL]
    assert verdicts(signed.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1)) == [Dkim.FAIL, Dkim.FAIL]


@pytest.mark.parametrize("field", KEPT)
def test_kept_fields_may_not_be_changed_or_lost(field: str) -> None:
    message = f"{field}: one\r\n".encode() + MESSAGE
    signed = sign(message, SIGNERS, NOW) + message
    assert verdicts(signed) == [Dkim.PASS, Dkim.PASS]
    for other in (
        signed.replace(b": one\r\n", b": two\r\n"),
        signed.replace(f"{field}: one\r\n".encode(), b""),
    ):
        assert verdicts(other) == [Dkim.FAIL, Dkim.FAIL]
    # Who passes it on adds such fields rightfully.
    assert verdicts(f"{field}: three\r\n".encode() + signed) == [Dkim.PASS, Dkim.PASS]


def test_what_lists_and_relays_add() -> None:
    signed = sign(MESSAGE, SIGNERS, NOW) + MESSAGE
    for field in (b"Received: from b by c\r\n", b"List-Id: <l.example>\r\n", b"Return-Path: <a@b.test>\r\n"):
        signed = field + signed
    assert verdicts(signed) == [Dkim.PASS, Dkim.PASS]


def test_many_fields_of_a_name() -> None:
    message = b"References: <a@b>\r\n" * 100 + MESSAGE
    assert verdicts(sign(message, SIGNERS, NOW) + message) == [Dkim.PASS, Dkim.PASS]


@pytest.mark.parametrize(
    "message", [b"", b"\r\n", b"From: a@b.test\r\n", b"no header", b"From: a@b.test\r\n\r\n"]
)
def test_odd_messages(message: bytes) -> None:
    assert verdicts(sign(message, SIGNERS, NOW) + message)[:1] in ([Dkim.PASS], [Dkim.FAIL])


def pem(key: SigningKey) -> bytes:
    """Return a private key as dkimpy reads it."""
    private = load_der_private_key(key.private, None)
    if key.algorithm.startswith("rsa"):
        return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
@pytest.mark.parametrize("form", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"])
def test_what_dkimpy_signs(key: SigningKey, form: str) -> None:
    header, body = form.encode().split(b"/")
    field = dkim.sign(
        MESSAGE,
        key.selector.encode(),
        key.domain.encode(),
        pem(key),
        canonicalize=(header, body),
        signature_algorithm=key.algorithm.encode(),
    )
    assert verdicts(field + MESSAGE) == [Dkim.PASS]


def line_ends(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\n", b"\r\n")


@settings(max_examples=60)
@given(soup.map(line_ends))
def test_any_message(message: bytes) -> None:
    """It is believed as it is, and never with a letter changed."""
    message = b"From: alice@example.test\r\n" + message + b"\r\n\r\nend\r\n"
    signed = sign(message, SIGNERS, NOW) + message
    assert verdicts(signed)[:2] == [Dkim.PASS, Dkim.PASS]
    assert verdicts(signed.replace(b"alice@", b"alina@", 1))[:2] == [Dkim.FAIL, Dkim.FAIL]
    assert verdicts(signed + b"x")[:2] == [Dkim.FAIL, Dkim.FAIL]


BODIES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\xff", b"=?x?="]), max_size=30).map(b"".join)


@settings(max_examples=60)
@given(BODIES, BODIES)
def test_dkimpy_agrees(subject: bytes, body: bytes) -> None:
    subject = b" ".join(subject.split(b"\r\n"))
    message = b"From: alice@example.test\r\nSubject: " + subject + b"\r\n\r\n" + body + b"\r\n"
    signed = sign(message, SIGNERS, NOW) + message
    assert verdicts(signed) == [Dkim.PASS, Dkim.PASS]
    assert theirs(signed) == [True, True]
