"""Sign as others may, and as we never do: any tags, in any form."""

import base64
import hashlib

from apps.protocols.mailauth.dkim import canonical
from apps.protocols.mailauth.dkim.keys import SigningKey, load
from apps.protocols.mailauth.dkim.letter import Letter

MESSAGE = (
    b"Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0100\r\n"
    b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\n"
    b"Subject: a  folded\r\n\tsubject\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\n"
    b"Hello \t Bob,\r\n\r\nthis is it. \r\n\r\n\r\n"
)


def signed(key: SigningKey, message: bytes = MESSAGE, /, *, drop: str = "", **given: str) -> bytes:
    """Return the message with a signature whose tags are those given; `drop` names tags to leave out."""
    signer = load(key)
    tags = {
        "v": "1",
        "a": key.algorithm,
        "c": "relaxed/relaxed",
        "d": key.domain,
        "s": key.selector,
        "h": "from:to:subject:date",
        "bh": "",
        "b": "",
    } | given
    form, _, body_form = tags["c"].partition("/")
    letter = Letter(message)
    if not tags["bh"]:
        body = canonical.body(letter.body("simple"), body_form or "simple")
        length = int(tags["l"]) if tags.get("l", "").isdigit() else None
        tags["bh"] = base64.b64encode(hashlib.sha256(body[:length]).digest()).decode()
    kept = {name: value for name, value in tags.items() if name not in drop.split()}
    field = "DKIM-Signature: " + "; ".join(f"{name}={value}" for name, value in kept.items())
    names = [name.strip().lower().encode() for name in tags["h"].split(":")]
    lines = [canonical.field(raw, form) for raw in [*letter.pick(names), field.encode()]]
    value = base64.b64encode(signer.sign(b"\r\n".join(lines))).decode() if "b" in kept else ""
    return (field.replace("; b=", f"; b={value}") + "\r\n").encode() + message
