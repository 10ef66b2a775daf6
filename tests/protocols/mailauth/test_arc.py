"""Chains of seals: how they go on, break and end (RFC 8617)."""

import base64
import re

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from apps.protocols.mailauth.arc.chain import KINDS, RESULTS, SEAL, SETS
from apps.protocols.mailauth.arc.chain import MESSAGE as MESSAGE_SIGNATURE
from apps.protocols.mailauth.arc.results import Arc, ArcResult, ArcSet
from apps.protocols.mailauth.arc.seal import _field, seal
from apps.protocols.mailauth.arc.verify import check_arc
from apps.protocols.mailauth.dkim.canonical import relaxed_field
from apps.protocols.mailauth.dkim.keys import SigningKey, load
from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.records import parse_key
from apps.protocols.mailauth.dkim.signature import read_signature, tags_of
from apps.protocols.mailauth.lookups import Status

from .answering import Records, answer
from .keys import ed25519_key, name, record, rsa_key
from .signing import MESSAGE

NOW = 1_795_000_000
KEYS = (rsa_key(), ed25519_key(domain="lists.test"))
RECORDS: Records = {name(key): record(key) for key in KEYS}


def judge(message: bytes, records: Records = RECORDS) -> ArcResult:
    return answer(check_arc(message, NOW), records)


def passed_on(message: bytes, key: SigningKey = KEYS[0], results: str = "mx.example.test; spf=pass") -> bytes:
    """Return the message as it leaves somebody who seals."""
    return seal(message, results=results, chain=judge(message), signer=load(key), now=NOW) + message


def test_it_works() -> None:
    once = passed_on(MESSAGE)
    assert judge(once) == ArcResult(
        Arc.PASS, "", (ArcSet(1, "example.test", "r1", "mx.example.test; spf=pass"),), 0, 1
    )
    twice = passed_on(b"Received: from x by y\r\n" + once, KEYS[1], 'lists.test; arc=pass reason="a  b"')
    result = judge(twice)
    assert (result.result, result.highest, result.oldest_pass) == (Arc.PASS, 2, 0)
    assert result.sets[1] == ArcSet(2, "lists.test", "e1", 'lists.test; arc=pass reason="a b"')


def test_nobody_sealed() -> None:
    assert judge(MESSAGE).result is Arc.NONE
    assert judge(b"").result is Arc.NONE


def test_a_list_changes_the_message() -> None:
    """The chain holds, and says since when the message is as it is."""
    once = passed_on(passed_on(MESSAGE))
    changed = once.replace(b"Subject: a", b"Subject: [list] a") + b"-- \r\nfooter\r\n"
    assert judge(changed).result is Arc.FAIL
    sealed = seal(changed, results="lists.test; arc=pass", chain=judge(once), signer=load(KEYS[1]), now=NOW)
    result = judge(sealed + changed)
    assert (result.result, result.oldest_pass, result.highest) == (Arc.PASS, 3, 3)
    result = judge(passed_on(sealed + changed))
    assert (result.result, result.oldest_pass, result.highest) == (Arc.PASS, 3, 4)


def test_a_broken_chain_ends() -> None:
    changed = passed_on(MESSAGE) + b"footer\r\n"
    ended = passed_on(changed)
    assert re.search(rb"^ARC-Seal: .*\r\n b=.*\r\n cv=fail;", ended)
    result = judge(ended)
    assert (result.result, result.highest, result.is_ended) == (Arc.FAIL, 2, True)
    assert passed_on(ended) == ended


def test_the_seal_of_a_broken_chain_covers_its_own_set() -> None:
    ended = passed_on(passed_on(MESSAGE) + b"footer\r\n")
    letter = Letter(ended)
    own = {kind: letter.fields[letter.places(kind)[0]][1] for kind in KINDS}
    signature = read_signature(own[SEAL], tags_of(own[SEAL]))
    lines = [own[RESULTS], own[MESSAGE_SIGNATURE], signature.unsigned]
    assert parse_key(record(KEYS[0])).verify(signature.value, b"\r\n".join(map(relaxed_field, lines)))


def test_as_many_sets_as_may_be() -> None:
    message = MESSAGE
    for _ in range(SETS):
        message = passed_on(message, KEYS[1])
    result = judge(message)
    assert (result.result, result.highest) == (Arc.PASS, SETS)
    assert passed_on(message) == message
    more = message.replace(b"i=50", b"i=51")
    assert judge(more).result is Arc.FAIL
    assert passed_on(more) == more


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"i=2", b"i=3", "not whole"),
        (b"i=2", b"i=5", "an instance is missing"),
        (b"i=2", b"i=0", "from 1 to 50"),
        (b"i=2", b"i=1", "two fields of a kind"),
        (b"i=2", b"i=", "no number"),
        (b"i=2", b"i=2a", "no number"),
        (b"i=2", b"j=2", "no number"),
        (b"cv=pass", b"cv=none", "cv= of seal 2"),
        (b"cv=pass", b"cv=Pass", "cv= of seal 2"),
        (b"cv=pass", b"cv=pass; h=from", "no h="),
        (b"cv=pass", b"cv=pass; cv=pass", "twice"),
        (b"cv=pass", b"cv=pass;;", "not a list"),
        (b"ARC-Seal: a", b"X-Seal: a", "not whole"),
        (b"ARC-Authentication-Results: i=2;", b"ARC-Authentication-Results: i=2", "do not begin"),
        (b"ARC-Authentication-Results: i=2;", b"ARC-Authentication-Results: spf=pass; i=2;", "do not begin"),
        (b"ARC-Authentication-Results: i=2; mx", b"ARC-Authentication-Results: i=2; my", "instance 2"),
        (b"bh=", b"bh=x", "not base64"),
        (b"d=example.test", b"d=", "d= is missing"),
        (b"a=rsa-sha256", b"a=rsa-sha1", "proves nothing"),
        (b"t=17950", b"t=x17950", "not a number"),
        (b"h=From:", b"h=ARC-Seal:From:", "does not cover seals"),
        (b"h=From:From:", b"h=To:", "From is not signed"),
        (b"c=relaxed/relaxed", b"c=nofws", "c= is not known"),
        (b"c=relaxed/relaxed", b"c=relaxed/relaxed; x=5", "past its end"),
        (b"c=relaxed/relaxed", b"c=relaxed/relaxed; q=web", "not published"),
    ],
)
def test_broken_chains(old: bytes, new: bytes, reason: str) -> None:
    """Each in the topmost place where there is something to break."""
    message = passed_on(passed_on(MESSAGE))
    assert old in message
    result = judge(message.replace(old, new, 1))
    assert (result.result, reason in result.reason) == (Arc.FAIL, True), result.reason


@pytest.mark.parametrize("changed", [(b"Subject: a", b"Subject: b"), (b"Hello", b"Hallo")])
def test_changes_are_seen(changed: tuple[bytes, bytes]) -> None:
    assert judge(passed_on(MESSAGE).replace(*changed)).result is Arc.FAIL


def test_every_seal_counts() -> None:
    """The first is forged, the second right as far as its own key goes."""
    forged = passed_on(MESSAGE).replace(b"spf=pass", b"spf=fail")
    sealed = seal(
        forged, results="x.test", chain=ArcResult(Arc.PASS, highest=1), signer=load(KEYS[1]), now=NOW
    )
    result = judge(sealed + forged)
    assert (result.result, result.reason) == (Arc.FAIL, "instance 1: the signature is wrong")


def test_faults_of_dns_are_no_verdict() -> None:
    message = passed_on(MESSAGE)
    result = judge(message, {name(KEYS[0]): Status.FAULT})
    assert result.result is Arc.TEMPERROR
    assert seal(message, results="x.test", chain=result, signer=load(KEYS[0]), now=NOW) == b""
    assert judge(message, {}).result is Arc.FAIL


def test_each_key_is_asked_for_once() -> None:
    message = MESSAGE
    for _ in range(10):
        message = passed_on(message)
    asked: list[str] = []
    assert answer(check_arc(message, NOW), RECORDS, asked).result is Arc.PASS
    assert asked == [name(KEYS[0])]


def test_odd_ways_to_name_an_instance() -> None:
    """Comments and blanks around, a zero before; the seal covers them."""
    for odd in ("i=01; x.test; none", " i = 1 ; x.test; none"):
        ours = seal(MESSAGE, results="x.test; none", chain=judge(MESSAGE), signer=load(KEYS[0]), now=NOW)
        changed = ours.replace(b"i=1; x.test; none", odd.encode())
        result = judge(changed + MESSAGE)
        assert result.reason == "instance 1: the signature is wrong"


def test_a_form_may_be_left_out() -> None:
    """As the drafts had it: relaxed then."""
    signer, letter = load(KEYS[0]), Letter(MESSAGE)
    common = {"a": signer.algorithm, "d": signer.domain, "i": "1", "s": signer.selector}
    body_hash = base64.b64encode(letter.body_hash("relaxed")).decode()
    lines = [relaxed_field(raw) for raw in letter.pick([b"from", b"subject"])]
    ours = b"ARC-Authentication-Results: i=1; x.test; none\r\n"
    signature = _field(
        "ARC-Message-Signature", common | {"h": "from:subject", "bh": body_hash}, signer, lines
    )
    before = [relaxed_field(field.removesuffix(b"\r\n")) for field in (ours, signature)]
    message = _field("ARC-Seal", common | {"cv": "none"}, signer, before) + signature + ours + MESSAGE
    assert judge(message).result is Arc.PASS


def test_results_are_folded() -> None:
    made = seal(
        MESSAGE,
        results="mx.example.test; " + "; ".join(f"dkim=pass header.d=d{at}.test" for at in range(20)),
        chain=judge(MESSAGE),
        signer=load(KEYS[0]),
        now=NOW,
    )
    assert max(map(len, made.split(b"\r\n"))) <= 700
    assert judge(made + MESSAGE).result is Arc.PASS


def find(asked: bytes, timeout: int = 5) -> bytes:
    """Answer dkimpy."""
    del timeout
    text = RECORDS[asked.decode().rstrip(".")]
    assert isinstance(text, str)
    return text.encode()


def test_dkimpy_believes_our_chains() -> None:
    message = passed_on(passed_on(passed_on(MESSAGE)))
    assert dkim.arc_verify(message, dnsfunc=find)[0] == b"pass"
    assert dkim.arc_verify(message + b"x", dnsfunc=find)[0] == b"fail"


def test_we_believe_dkimpy_s() -> None:
    private = load_der_private_key(KEYS[0].private, None)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    message = passed_on(MESSAGE)
    message = b"Authentication-Results: mx.test; arc=pass; spf=pass smtp.mailfrom=a@b.test\r\n" + message
    made = dkim.arc_sign(message, b"r1", b"example.test", pem, b"mx.test", timestamp=NOW)
    assert judge(b"".join(made) + message).result is Arc.PASS


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("arc=pass (i=1); spf=pass", b"pass"),
        ("arc=fail", b"fail"),
        ("arc=pass; arc=pass", b"fail"),
        ("arc=none", b""),
        ("arc=temperror", b""),
        ("spf=pass", b""),
    ],
)
def test_results_may_say_how_the_chain_was(said: str, word: bytes) -> None:
    """For a message that was judged when it came, and is passed on later."""
    once = passed_on(MESSAGE)
    made = seal(once, results=f"mx.test; {said}", signer=load(KEYS[0]), now=NOW)
    assert made.count(b"cv=" + word) == bool(word)
    assert bool(made) == bool(word)
    first = seal(MESSAGE, results=f"mx.test; {said}", signer=load(KEYS[0]), now=NOW)
    assert bool(first) == (said in {"arc=none", "spf=pass"})


def test_nothing_is_sealed_without_results() -> None:
    assert seal(MESSAGE, results="", signer=load(KEYS[0]), now=NOW) == b""
