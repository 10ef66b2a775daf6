"""Judge the signatures of a message (RFC 6376 6, RFC 8301, RFC 8463)."""

from apps.protocols.mailauth.lookups import Inquiry

from . import canonical
from .letter import Letter
from .records import PublicKey, Rejected, find_key
from .results import Dkim, DkimResult
from .signature import (
    Covered,
    Signature,
    check_body,
    check_value,
    names_of,
    read_covered,
    read_signature,
    tags_of,
)
from .tags import TagError, read_list, read_number, unquote

SIGNATURES = 8
"""So many are looked at, from the top; each may cost us a lookup."""
FIELD = b"dkim-signature"


def check_dkim(message: bytes | Letter, now: int) -> Inquiry[tuple[DkimResult, ...]]:
    """Judge every signature of a message, from the top; one result `none` where there is no signature."""
    letter = message if isinstance(message, Letter) else Letter(message)
    if letter.is_too_long:
        return (DkimResult(Dkim.PERMERROR, reason="the header is too long"),)
    places = letter.places(FIELD)
    if not places:
        return (DkimResult(Dkim.NONE, reason="the message is not signed"),)
    results = []
    for place in places[:SIGNATURES]:
        results.append((yield from _check(letter, place, now)))  # noqa: PERF401 - a comprehension cannot yield.
    if (more := len(places) - SIGNATURES) > 0:
        results.append(DkimResult(Dkim.POLICY, reason=f"{more} more signatures were not looked at"))
    return tuple(results)


def _check(letter: Letter, place: int, now: int) -> Inquiry[DkimResult]:
    raw = letter.fields[place][1]
    try:
        tags = tags_of(raw)
    except TagError as error:
        return DkimResult(Dkim.PERMERROR, reason=f"the signature is malformed: {error}")
    claim = _claim(tags)
    key: PublicKey | None = None
    result, reason, is_partial = Dkim.PASS, "", False
    try:
        signature, covered = _read(raw, tags, claim, now)
        check_body(letter, covered)
        key = yield from find_key(signature.key_name)
        _check_identity(signature, claim, key)
        check_value(signature, key, signed(letter, place, signature, covered))
        if covered.length is not None and covered.length < len(letter.body(covered.body_form)):
            result, reason, is_partial = Dkim.NEUTRAL, "only a part of the body is signed", True
    except Rejected as error:
        result, reason = error.result, error.reason
    return DkimResult(
        result,
        domain=claim.domain,
        selector=claim.selector,
        identity=claim.identity,
        algorithm=claim.algorithm,
        signature=claim.signature,
        reason=reason,
        is_partial=is_partial,
        bits=key.bits if key else 0,
        testing=key.is_testing if key else False,
    )


def _claim(tags: dict[str, str]) -> DkimResult:
    domain, selector = names_of(tags)
    return DkimResult(
        Dkim.PASS,
        domain=domain,
        selector=selector,
        identity=unquote(tags.get("i", "")) or f"@{domain}",
        algorithm=tags.get("a", ""),
        signature="".join(tags.get("b", "")[:16].split())[:8],
    )


def _read(raw: bytes, tags: dict[str, str], claim: DkimResult, now: int) -> tuple[Signature, Covered]:
    """Read the signature and everything about it that needs no key; raises Rejected."""
    if tags.get("v") != "1":
        raise Rejected(Dkim.PERMERROR, "the signature is of another version")
    signature = read_signature(raw, tags)
    covered = read_covered(tags)
    if b"from" not in covered.names:
        raise Rejected(Dkim.PERMERROR, "From is not signed")
    if "q" in tags and "dns/txt" not in read_list(tags["q"]):
        raise Rejected(Dkim.PERMERROR, "the key is not published in DNS")
    if not _is_within(claim.identity, signature.domain):
        raise Rejected(Dkim.PERMERROR, "i= is not of the domain that signs")
    if "x" in tags:
        try:
            ends = read_number(tags["x"])
        except TagError as error:
            raise Rejected(Dkim.PERMERROR, f"x= is {error}") from None
        if "t" in tags and ends <= int(tags["t"]):
            raise Rejected(Dkim.PERMERROR, "the signature ended before it was made")
        if ends < now:
            raise Rejected(Dkim.POLICY, "the signature is past its end")
    return signature, covered


def _is_within(identity: str, domain: str) -> bool:
    _, at, host = identity.rpartition("@")
    name = names_of({"d": host})[0]
    return bool(at) and (name == domain or name.endswith("." + domain))


def _check_identity(signature: Signature, claim: DkimResult, key: PublicKey) -> None:
    if key.is_strict and names_of({"d": claim.identity.rpartition("@")[2]})[0] != signature.domain:
        raise Rejected(Dkim.PERMERROR, "the key does not sign for subdomains")


def signed(letter: Letter, place: int, signature: Signature, covered: Covered) -> bytes:
    """Return the bytes whose hash is signed (RFC 6376 3.7)."""
    form = covered.header_form
    lines = letter.pick(covered.names, form=form, but=place)
    lines.append(canonical.field(signature.unsigned, form))
    return b"\r\n".join(lines)
