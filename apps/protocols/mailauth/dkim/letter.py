"""A message as signatures see it: its fields as they stand, and its body as it is hashed."""

import hashlib
import re
from collections.abc import Iterable

from apps.protocols.mime.headers import header_end

from . import canonical

HEADER_LIMIT = 512 * 1024
"""A message with more of a header than anybody reads (`mime.headers.FIELDS_LIMIT`) cannot be judged."""

_EOL = rb"(?:\r\n?|\n)"
# As the rest of the house finds fields: what is shown to people must be what was signed.
_FIELD = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]*+:(?:[^\r\n]++|" + _EOL + rb"(?=[ \t]))*+")


class Letter:
    """A message cut into fields and a body, whose hashes are computed once."""

    def __init__(self, message: bytes) -> None:
        if b"\r\n" not in message:
            # From a file: it is signed as it travels.
            message = message.replace(b"\n", b"\r\n")
        self._message = message
        self._body_start = header_end(message)
        self._bodies: dict[str, bytes] = {}
        self._hashes: dict[tuple[str, int | None], bytes] = {}
        self._relaxed: dict[int, bytes] = {}
        self.is_too_long = self._body_start > HEADER_LIMIT
        self.fields: list[tuple[bytes, bytes]] = []
        """(Name in lower case, the field as it stands without its line end), in order."""
        self._places: dict[bytes, list[int]] = {}
        if self.is_too_long:
            return
        header = message[: self._body_start]
        for place, match in enumerate(_FIELD.finditer(header)):
            name = match[1].lower()
            self.fields.append((name, match[0]))
            self._places.setdefault(name, []).append(place)

    def places(self, name: bytes) -> list[int]:
        """Return where the fields of that name (in lower case) stand, from the top."""
        return self._places.get(name, [])

    def pick(
        self, names: Iterable[bytes], *, form: str = canonical.SIMPLE, but: int | None = None
    ) -> list[bytes]:
        """Return the fields that a list of names (in lower case) means, in a form: each time the next one from below.

        Names without a field of theirs mean nothing, which is how a signature says that none may be added. The field
        at `but` is the signature itself and never among them (RFC 6376 5.4).
        """
        left: dict[bytes, list[int]] = {}
        picked = []
        for name in names:
            if name not in left:
                left[name] = [place for place in self._places.get(name, ()) if place != but]
            if left[name]:
                picked.append(self._field(left[name].pop(), form))
        return picked

    def _field(self, place: int, form: str) -> bytes:
        """Return a field in a form; most signatures of a message cover the same fields."""
        if form != canonical.RELAXED:
            return self.fields[place][1]
        if (found := self._relaxed.get(place)) is None:
            found = self._relaxed[place] = canonical.relaxed_field(self.fields[place][1])
        return found

    def body(self, form: str) -> bytes:
        """Return the canonical body."""
        if form not in self._bodies:
            self._bodies[form] = canonical.body(self._message[self._body_start :], form)
        return self._bodies[form]

    def body_hash(self, form: str, length: int | None = None) -> bytes:
        """Return the hash of the canonical body, or of its first bytes."""
        key = form, length
        if key not in self._hashes:
            body = self.body(form)
            data = body if length is None else memoryview(body)[:length]
            self._hashes[key] = hashlib.sha256(data).digest()
        return self._hashes[key]
