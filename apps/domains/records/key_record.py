"""The record of a key that signs (RFC 6376 3.6.1, RFC 8463 4.2): written, and what is published compared with it."""

from apps.protocols.mailauth.dkim.records import Rejected, parse_key
from apps.protocols.mailauth.lookups import Answer, Status

from .tags import tags_of
from .values import State

MOST_NAME = 253


def key_name(selector: str, domain: str) -> str:
    """Return where a key's record is looked for."""
    return f"{selector}._domainkey.{domain}"


def key_text(kind: str, public: str) -> str:
    """Return the record of a key; `kind` is rsa or ed25519."""
    return f"v=DKIM1; k={kind}; p={public}"


def slot_target(slot: str, domain: str, zone: str) -> str:
    """Return the name in our zone that a domain's selector may point to; empty where it would be too long."""
    name = f"{slot}.{domain}.{zone}"
    return name if zone and len(name) <= MOST_NAME else ""


def judge_key(answer: Answer, kind: str, public: str) -> tuple[State, str]:
    """Say whether an answer publishes this key, and in one word why not. Right is only what a verifier reads as a key."""
    if answer.status == Status.FAULT:
        return State.UNKNOWN, "fault"
    records = [tags for text in answer.texts if "p" in (tags := tags_of(text))]
    if not records:
        return (State.WRONG, "dkim_no_key") if answer.texts else (State.MISSING, "missing")
    if len(records) > 1:
        return State.WRONG, "dkim_several"
    [tags] = records
    if tags.get("k", "rsa").lower() != kind:
        return State.WRONG, "dkim_other_kind"
    published = "".join(tags["p"].split())
    if not published:
        return State.WRONG, "dkim_revoked"
    if published != public:
        return State.WRONG, "dkim_other_key"
    if "v" in tags and tags["v"] != "DKIM1":
        return State.WRONG, "dkim_version"
    hashes = tags.get("h")
    if hashes is not None and "sha256" not in [part.strip() for part in hashes.lower().split(":")]:
        return State.WRONG, "dkim_hash"
    services = tags.get("s", "*").lower()
    if not {"*", "email"} & {part.strip() for part in services.split(":")}:
        return State.WRONG, "dkim_service"
    if not _is_readable(next(text for text in answer.texts if "p" in tags_of(text))):
        return State.WRONG, "dkim_malformed"
    if "y" in [part.strip() for part in tags.get("t", "").lower().split(":")]:
        return State.OK, "dkim_testing"
    return State.OK, "ok"


def _is_readable(text: str) -> bool:
    """Whether whoever verifies reads a key there: names of tags and words in other letters mean nothing to them."""
    try:
        key = parse_key(text)
    except Rejected:
        return False
    return not key.hashes or "sha256" in key.hashes
