"""Add a set of our own to the chain of a message that we pass on (RFC 8617 5.1).

Tags are in the order of their names and b= is one word: a later seal covers the fields with the blanks they have.
"""

import base64
from collections.abc import Sequence

from apps.protocols.mailauth.dkim import canonical
from apps.protocols.mailauth.dkim.keys import Signer
from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.sign import KEPT, SEALED, covered
from apps.protocols.mailauth.folding import fold, join
from apps.protocols.mailauth.results.reading import read

from .chain import SETS, read_chain
from .results import Arc, ArcResult
from .verify import fields_of

_JOINT = ";\r\n "
"""A space, not a tab: dkimpy, and with it many a list, finds a signature by ` i=`."""
_WORDS = {Arc.NONE: "none", Arc.PASS: "pass", Arc.FAIL: "fail"}
_LINE = 900
"""So long may a line of names be; a line of mail has 998 bytes at most."""


def seal(
    message: bytes,
    *,
    results: str,
    chain: ArcResult | None = None,
    signer: Signer,
    now: int,
    headers: Sequence[str] | None = None,
) -> bytes:
    """Return the fields of a set, to be put in front of the message as we pass it on.

    `results` is what Authentication-Results says, with our authserv-id; nothing is added where it says nothing. `chain`
    is what became of the chain when the message came in; without it the results say so (arc=). Nothing is added to a
    chain that has ended, that is too long, or whose state we do not know.
    """
    old = Letter(message)
    there = read_chain(old)
    word = _word(results) if chain is None else _WORDS.get(chain.result, "")
    instance = there.highest + 1
    if old.is_too_long or not results or not word or there.is_ended or instance > SETS:
        return b""
    if (word == "none") != (there.highest == 0) or (word == "pass" and not there.links):
        return b""
    before = fields_of(old, there.links) if word == "pass" else []
    # A broken chain is not ours to vouch for: the seal that says so covers our own set alone (5.1.2).
    said = fold(f"ARC-Authentication-Results: i={instance}; {' '.join(results.split())}")
    ours = "\r\n\t".join(said).encode("utf-8", "replace") + b"\r\n"
    letter = Letter(ours + message)
    if letter.is_too_long:
        return b""
    common = {
        "a": signer.algorithm,
        "d": signer.domain,
        "i": str(instance),
        "s": signer.selector,
        "t": str(now),
    }
    names = [name.lower() for name in headers or ()] or covered(letter, SEALED, [*KEPT, "DKIM-Signature"])
    listed = ":".join(names)
    signature = _field(
        "ARC-Message-Signature",
        common
        | {
            "bh": base64.b64encode(letter.body_hash(canonical.RELAXED)).decode(),
            "c": "relaxed/relaxed",
            "h": listed if len(listed) <= _LINE else join(names, ":"),
        },
        signer,
        letter.pick([name.lower().encode() for name in names], form=canonical.RELAXED),
    )
    new = [canonical.relaxed_field(field.removesuffix(b"\r\n")) for field in (ours, signature)]
    return _field("ARC-Seal", common | {"cv": word}, signer, [*before, *new]) + signature + ours


def _word(results: str) -> str:
    """Return the state of the chain as results have it, or '' for what is no state."""
    said = [method.result for method in read(results).of("arc")]
    # Who says two things of it cannot be believed either.
    word = "fail" if len(said) > 1 else (said or ["none"])[0]
    return word if word in _WORDS.values() else ""


def _field(name: str, tags: dict[str, str], signer: Signer, before: Sequence[bytes]) -> bytes:
    """Write a field that signs the canonical fields before it, and itself."""
    written = [f"{tag}={value}" for tag, value in sorted((tags | {"b": ""}).items())]
    unsigned = f"{name}: {'; '.join(written)}".encode()
    value = signer.sign(b"\r\n".join([*before, canonical.relaxed_field(unsigned)]))
    written[written.index("b=")] += base64.b64encode(value).decode()
    return f"{name}: {_JOINT.join(written)}\r\n".encode()
