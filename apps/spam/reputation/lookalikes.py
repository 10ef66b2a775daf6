"""Whether a name or a domain looks like one that is known, and is another. Pure."""

# ruff: noqa: RUF001 - signs that are mistaken for others are what this is about.

import unicodedata

LEAST = 6
"""Shorter domains lie too close together: `web.de` is no forgery of `weg.de`."""
LEAST_NAME = 5

# Signs that are read as other signs, across Latin, Greek and Cyrillic.
_SIGNS = str.maketrans(
    {
        "0": "o", "1": "l", "|": "l", "!": "l", "i": "l", "ı": "l", "5": "s", "$": "s", "3": "e", "8": "b", "@": "a",
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "ѕ": "s", "і": "l", "ј": "j", "ԁ": "d",
        "һ": "h", "ӏ": "l", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r", "п": "n", "ո": "n", "ս": "u",
        "α": "a", "ο": "o", "ρ": "p", "ν": "v", "τ": "t", "κ": "k", "ι": "l", "υ": "u", "ε": "e", "ω": "w", "γ": "y",
        "ß": "b", "ø": "o", "đ": "d", "ł": "l", "ħ": "h",
    }
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))


def look(text: str) -> str:
    """Return how a text looks: what is mistaken for each other becomes the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_SIGNS)
    for pair, sign in _PAIRS:
        plain = plain.replace(pair, sign)
    return plain


def look_of_name(name: str) -> str:
    """Return how a person's name looks, whichever of its words comes first."""
    words = sorted(word for word in look(name).replace(",", " ").replace(".", " ").split() if word)
    key = " ".join(words)
    return key if len(key) >= LEAST_NAME and len(words) > 1 else ""


def look_of_domain(domain: str) -> str:
    """Return how a domain looks, as it is shown to people; '' for one that is too short to tell."""
    shown = domain
    if "xn--" in domain:
        try:
            shown = domain.encode("ascii").decode("idna")
        except UnicodeError:
            shown = domain
    return look(shown) if len(shown) >= LEAST else ""


def is_one_edit(one: str, other: str) -> bool:
    """Whether one sign was added, left out or replaced, or two that are neighbours changed places; or nothing."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    if short[at + 1 :] == long[at + 1 :]:
        return True
    return short[at + 2 :] == long[at + 2 :] and short[at : at + 2] == long[at : at + 2][::-1]


def halves(key: str) -> tuple[str, str]:
    """Return beginning and end of a look; what is one edit away has the one or the other."""
    half = max((len(key) - 1) // 2, 1)
    return key[:half], key[-half:]
