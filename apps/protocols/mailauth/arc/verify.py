"""Judge a chain (RFC 8617 5.2)."""

from apps.protocols.mailauth.dkim import canonical
from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.records import PublicKey, Rejected, find_key
from apps.protocols.mailauth.dkim.results import Dkim
from apps.protocols.mailauth.dkim.signature import (
    Covered,
    check_body,
    check_value,
    read_covered,
    read_signature,
)
from apps.protocols.mailauth.dkim.tags import TagError, read_list, read_number
from apps.protocols.mailauth.lookups import Inquiry

from .chain import KINDS, MESSAGE, SEAL, Chain, Link, read_chain
from .results import Arc, ArcResult


def check_arc(message: bytes | Letter, now: int) -> Inquiry[ArcResult]:
    """Judge the chain of a message: that nobody changed it since the last seal, and nobody the seals."""
    letter = message if isinstance(message, Letter) else Letter(message)
    if letter.is_too_long:
        return ArcResult(Arc.FAIL, "the header is too long", is_ended=True)
    chain = read_chain(letter)
    claims = tuple([link.claim for link in chain.links])

    def result(word: Arc, reason: str, oldest_pass: int = 0) -> ArcResult:
        return ArcResult(word, reason, claims, oldest_pass, chain.highest, chain.is_ended)

    if chain.fault:
        return result(Arc.FAIL, chain.fault)
    if not chain.links:
        return result(Arc.NONE, "nobody has sealed the message")
    keys: dict[str, PublicKey] = {}
    link = chain.links[-1]
    try:
        yield from _check_message(letter, link, keys, now)
        for link in reversed(chain.links):
            yield from _check_seal(letter, chain, link, keys)
    except Rejected as error:
        word = Arc.TEMPERROR if error.result is Dkim.TEMPERROR else Arc.FAIL
        return result(word, f"instance {link.instance}: {error.reason}")
    return result(Arc.PASS, "", (yield from _oldest_pass(letter, chain, keys, now)))


def _oldest_pass(letter: Letter, chain: Chain, keys: dict[str, PublicKey], now: int) -> Inquiry[int]:
    """Find out since when the message is as it is (5.2, step 5)."""
    for link in reversed(chain.links[:-1]):
        try:
            yield from _check_message(letter, link, keys, now)
        except Rejected:
            return link.instance + 1
    return 0


def _key(name: str, keys: dict[str, PublicKey]) -> Inquiry[PublicKey]:
    if name not in keys:
        keys[name] = yield from find_key(name)
    return keys[name]


def _check_message(letter: Letter, link: Link, keys: dict[str, PublicKey], now: int) -> Inquiry[None]:
    """Check an ARC-Message-Signature, which is a DKIM-Signature but for i= and v= (4.1.2); raises Rejected."""
    place, tags = link.places[MESSAGE], link.message
    signature = read_signature(letter.fields[place][1], tags)
    if "q" in tags and "dns/txt" not in read_list(tags["q"]):
        raise Rejected(Dkim.PERMERROR, "the key is not published in DNS")
    _check_end(tags, now)
    # Drafts of ARC knew the relaxed form alone, so there are signers that do not name it.
    forms = [""] if "c" in tags else ["relaxed/relaxed", "simple/simple"]
    for form in forms:
        covered = read_covered(tags, form)
        if SEAL in covered.names:
            raise Rejected(Dkim.PERMERROR, "a message signature does not cover seals")
        if b"from" not in covered.names:
            raise Rejected(Dkim.PERMERROR, "From is not signed")
        try:
            check_body(letter, covered)
            _check_whole(letter, covered)
            key = yield from _key(signature.key_name, keys)
            lines = letter.pick(covered.names, form=covered.header_form, but=place)
            lines.append(canonical.field(signature.unsigned, covered.header_form))
            check_value(signature, key, b"\r\n".join(lines))
        except Rejected:
            if form != forms[-1]:
                continue
            raise
        return


def _check_end(tags: dict[str, str], now: int) -> None:
    if "x" not in tags:
        return
    try:
        ends = read_number(tags["x"])
    except TagError as error:
        raise Rejected(Dkim.PERMERROR, f"x= is {error}") from None
    if ends < now or ("t" in tags and ends <= int(tags["t"])):
        raise Rejected(Dkim.POLICY, "the signature is past its end")


def _check_whole(letter: Letter, covered: Covered) -> None:
    if covered.length is not None and covered.length < len(letter.body(covered.body_form)):
        raise Rejected(Dkim.NEUTRAL, "only a part of the body is signed")


def _check_seal(letter: Letter, chain: Chain, link: Link, keys: dict[str, PublicKey]) -> Inquiry[None]:
    """Check an ARC-Seal, which covers the sets so far in their order (5.1.1); raises Rejected."""
    signature = read_signature(letter.fields[link.places[SEAL]][1], link.seal)
    key = yield from _key(signature.key_name, keys)
    lines = [
        *fields_of(letter, chain.links[: link.instance])[:-1],
        canonical.relaxed_field(signature.unsigned),
    ]
    check_value(signature, key, b"\r\n".join(lines))


def fields_of(letter: Letter, links: tuple[Link, ...]) -> list[bytes]:
    """Return the canonical fields of sets in the order in which seals cover them."""
    return [canonical.relaxed_field(letter.fields[link.places[kind]][1]) for link in links for kind in KINDS]
