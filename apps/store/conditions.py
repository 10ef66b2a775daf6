"""The leaves of a search tree as conditions on rows: what must hold for a leaf to hold, and what is enough.

For most leaves both are the same. Of the others (texts of the message itself, names in headers) the rows know only
part: what they let through is looked at afterwards, and of what they are sure nothing is read.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from apps.protocols.imap import search as tree
from apps.protocols.imap.search import Key, When

from .flags import FIXED, SYSTEM

TRUE, FALSE = "true", "false"
_KNOWN = {name.lower(): bit for name, bit in (SYSTEM | FIXED).items()}
_EPOCH = dt.date(1970, 1, 1)
_ADDRESS = {"from": "c.from_addr", "to": "c.to_addr"}
_IN_ENVELOPE = {"from", "to", "cc", "bcc"}

SEEN_BY = """coalesce((SELECT s.uids @> m.uid FROM store_seen s
  WHERE s.folder_id = m.folder_id AND s.user_id = %(user)s::bigint), false)"""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold (`needs`) and what is enough (`enough`), in SQL that is never NULL."""

    needs: str
    enough: str

    @property
    def is_exact(self) -> bool:
        """Whether the rows know."""
        return self.needs == self.enough


@dataclass(slots=True)
class Conditions:
    """The leaves of one search, and the parameters of their SQL."""

    bits: dict[str, int]
    """The keyword bits of the mailbox by name in lower case."""
    user_id: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    leaves: dict[Key, Condition] = field(default_factory=dict)

    def bounds(self, key: Key) -> Condition:
        """Return the condition of a whole tree."""
        match key:
            case tree.And(keys):
                each = [self.bounds(one) for one in keys]
                return Condition(_join(" AND ", each, "needs"), _join(" AND ", each, "enough"))
            case tree.Or(left, right):
                each = [self.bounds(left), self.bounds(right)]
                return Condition(_join(" OR ", each, "needs"), _join(" OR ", each, "enough"))
            case tree.Not(inner):
                turned = self.bounds(inner)
                return Condition(f"NOT {turned.enough}", f"NOT {turned.needs}")
        if key not in self.leaves:
            self.leaves[key] = self._leaf(key)
        return self.leaves[key]

    def value(self, value: object, kind: str) -> str:
        """Take a value in, and return how it is named."""
        name = f"v{len(self.params)}"
        # PostgreSQL has no text with a NUL, so nothing holds one.
        self.params[name] = value.replace("\0", "") if isinstance(value, str) else value
        return f"%({name})s::{kind}"

    def _leaf(self, key: Key) -> Condition:
        match key:
            case tree.All():
                return _exact(TRUE)
            case tree.HasFlag(flag):
                return _exact(self._flag(flag))
            case tree.HasAttachment():
                return _exact("c.has_attachment")
            case tree.Larger(size):
                return _exact(f"m.size > {self.value(min(size, 2**62), 'bigint')}")
            case tree.Smaller(size):
                return _exact(f"m.size < {self.value(min(size, 2**62), 'bigint')}")
            case tree.Received(when, day):
                return _exact(self._day("m.internaldate", when, day))
            case tree.Sent(when, day):
                return _exact(f"(c.sent_at IS NOT NULL AND {self._day('c.sent_at', when, day)})")
            case tree.ModSeq(least):
                return _exact(f"m.modseq >= {self.value(min(least, 2**62), 'bigint')}")
            case tree.Header("subject", value) if value:
                return _exact(self._holds("c.subject", value))
            case tree.Header(name, value) if name in _IN_ENVELOPE and value:
                enough = self._holds(_ADDRESS[name], value) if name in _ADDRESS else FALSE
                return Condition(f"({enough} OR {self._envelope(value)})", enough)
            case tree.Text(value):
                texts = ("c.subject", "c.from_addr", "c.to_addr", "c.preview")
                return Condition(TRUE, f"({' OR '.join(self._holds(text, value) for text in texts)})")
            case tree.Body(value):
                return Condition(TRUE, self._holds("c.preview", value))
            case tree.Filename():
                return Condition("strpos(lower(encode(c.structure, 'escape')), 'name') > 0", FALSE)
            case tree.Header():
                return Condition(TRUE, FALSE)
        # Numbers, uids and what is recent mean nothing across folders.
        return _exact(FALSE)

    def _flag(self, flag: str) -> str:
        low = flag.lower()
        if low == "\\seen" and self.user_id:
            return SEEN_BY
        bit = _KNOWN.get(low) or (1 << self.bits[low] if low in self.bits else 0)
        if bit:
            return f"(m.flags & {self.value(bit, 'bigint')}) <> 0"
        return f"{self.value(low, 'text')} = ANY(coalesce(m.more_kw, '{{}}'))"

    def _day(self, column: str, when: When, day: dt.date) -> str:
        midnight = (day - _EPOCH).days * 86400
        start = self.value(midnight, "bigint")
        if when == When.BEFORE:
            return f"{column} < {start}"
        if when == When.SINCE:
            return f"{column} >= {start}"
        return f"({column} >= {start} AND {column} < {self.value(midnight + 86400, 'bigint')})"

    def _holds(self, column: str, value: str) -> str:
        return f"strpos(lower({column}), {self.value(_text(value), 'text')}) > 0"

    def _envelope(self, value: str) -> str:
        """Say whether an envelope may hold a text: what is encoded or not ASCII must be read to know."""
        words = (
            [word for word in re.split(r"[^0-9a-z]+", value.casefold()) if word] if value.isascii() else []
        )
        shown = "lower(encode(c.envelope, 'escape'))"
        encoded = f"strpos({shown}, '=?') > 0 OR strpos({shown}, chr(92)) > 0"
        if not words and not value.isascii():
            return f"({encoded})"
        plain = " AND ".join(f"strpos({shown}, {self.value(word, 'text')}) > 0" for word in words) or TRUE
        return f"(({plain}) OR {encoded})"


def _exact(sql: str) -> Condition:
    return Condition(f"({sql})", f"({sql})")


def _join(word: str, each: list[Condition], which: str) -> str:
    return f"({word.join(getattr(one, which) for one in each)})"


def _text(value: str) -> str:
    return " ".join(value.lower().split()).replace("\0", "").encode("utf-8", "replace").decode()
