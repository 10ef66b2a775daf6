r"""Flags as bits: 0-7 system flags, 8-19 keywords that are the same everywhere, 20-62 keywords of a mailbox.

A keyword that finds no bit left is kept by name in `Message.more_kw`, in lower case. Keywords compare
without regard to case (RFC 9051 2.3.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SEEN = 1 << 0
ANSWERED = 1 << 1
FLAGGED = 1 << 2
DELETED = 1 << 3
DRAFT = 1 << 4
RECENT_BIT = 5

JUNK = 1 << 8
NOT_JUNK = 1 << 9
FORWARDED = 1 << 10
MDN_SENT = 1 << 11
PHISHING = 1 << 12
IMPORTANT = 1 << 13

SYSTEM = {
    "\\Seen": SEEN,
    "\\Answered": ANSWERED,
    "\\Flagged": FLAGGED,
    "\\Deleted": DELETED,
    "\\Draft": DRAFT,
}
FIXED = {
    "$Junk": JUNK,
    "$NotJunk": NOT_JUNK,
    "$Forwarded": FORWARDED,
    "$MDNSent": MDN_SENT,
    "$Phishing": PHISHING,
    "$Important": IMPORTANT,
}

FIRST_KEYWORD_BIT = 20
LAST_KEYWORD_BIT = 62
KEYWORD_BITS = ((1 << LAST_KEYWORD_BIT + 1) - 1) & ~((1 << FIRST_KEYWORD_BIT) - 1)
COMMON_BITS = (1 << FIRST_KEYWORD_BIT) - 1
ALL_BITS = (1 << LAST_KEYWORD_BIT + 1) - 1

_KNOWN = {name.lower(): bit for name, bit in (SYSTEM | FIXED).items()}
_NAMES = {bit: name for name, bit in (SYSTEM | FIXED).items()}


@dataclass(frozen=True, slots=True)
class Flags:
    """A set of flags: bits that are known, and keywords by name that the mailbox has yet to give a bit."""

    mask: int = 0
    names: tuple[str, ...] = ()

    @classmethod
    def named(cls, *names: str) -> "Flags":
        r"""Return the flags of these names: `Flags.named("\\Seen", "$Junk", "todo")`.

        `\Recent` and system flags we do not know are left out: nobody can set them.
        """
        mask = 0
        keywords: dict[str, str] = {}
        for name in names:
            low = name.lower()
            if bit := _KNOWN.get(low, 0):
                mask |= bit
            elif not low.startswith("\\"):
                keywords.setdefault(low, name)
        return cls(mask, tuple(sorted(keywords.values(), key=str.lower)))

    def __bool__(self) -> bool:
        return bool(self.mask or self.names)

    def __or__(self, other: "Flags") -> "Flags":
        names = {name.lower(): name for name in (*other.names, *self.names)}
        return Flags(self.mask | other.mask, tuple(names[low] for low in sorted(names)))


NONE = Flags()


def names_of(mask: int, keywords: Mapping[int, str], more: Iterable[str] | None = None) -> list[str]:
    """Return the names of a message's flags; `keywords` maps the mailbox's bits (20-62) to names."""
    names = []
    while mask > 0:
        low = mask & -mask
        mask ^= low
        bit = low.bit_length() - 1
        name = _NAMES.get(low) if bit < FIRST_KEYWORD_BIT else keywords.get(bit)
        if name is not None:
            names.append(name)
    if more:
        names.extend(more)
    return names


def names_of_bits(keywords: Sequence[str]) -> tuple[str | None, ...]:
    r"""Return the name of each bit, `\Recent` (RFC 3501 2.3.2) among them; `keywords` of a mailbox are `20:todo`."""
    names: list[str | None] = [None] * (LAST_KEYWORD_BIT + 1)
    names[RECENT_BIT] = "\\Recent"
    for bit, name in _NAMES.items():
        names[bit.bit_length() - 1] = name
    for keyword in keywords:
        number, _, name = keyword.partition(":")
        names[int(number)] = name
    return tuple(names)
