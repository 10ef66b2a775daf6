"""Letters that look like others, and letters that cannot be seen: Unicode as mallory uses it.

No language is judged by these: a word is odd only where letters of two alphabets stand in it that do not stand in one
word in any language, and look like each other.
"""

import re
import unicodedata
from functools import lru_cache

# Letters of other alphabets that a reader takes for Latin ones, by what they look like.
_ALIKE_PAIRS = (
    "a\u0430\u03b1\u0251 b\u042c\u0432 c\u0441\u03f2\u1d04 d\u0501\u0257 e\u0435\u0454\u212e f\u03dd g\u0261\u0581 h\u04bb\u0570"
    " i\u0456\u03b9\u0131\u0269 j\u0458\u03f3 k\u043a\u03ba\u1d0b l\u04cf\u0399\u01c0 m\u043c\u1d0d n\u0578\u057c\u03b7 o\u043e\u03bf\u0585\u0c66"
    " p\u0440\u03c1 q\u051b\u0566 r\u0433\u1d26 s\u0455\ua731 t\u0442\u03c4 u\u057d\u03c5\u028b v\u0475\u03bd w\u051d\u0461\u03c9 x\u0445\u03c7 y\u0443\u04af\u03b3"
    " z\u1d22"
    " A\u0410\u0391 B\u0412\u0392 C\u0421\u03f9 E\u0415\u0395 H\u041d\u0397 I\u0406\u0399 J\u0408 K\u041a\u039a M\u041c\u039c N\u039d O\u041e\u039f"
    " P\u0420\u03a1 S\u0405 T\u0422\u03a4 X\u0425\u03a7 Y\u0423\u04ae\u03a5 Z\u0396"
)
_ALIKE = {ord(other): pair[0] for pair in _ALIKE_PAIRS.split() for other in pair[1:]}
FOREIGN = "".join(sorted(set(map(chr, _ALIKE))))
_FOREIGN_CLASS = "\u0370-\u03ff\u0400-\u052f\u0531-\u0587"
_LATIN_CLASS = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_MIXED = re.compile(
    rf"(?=[{_FOREIGN_CLASS}]{{0,40}}+[{_LATIN_CLASS}])(?=[{_LATIN_CLASS}]{{0,40}}+[{_FOREIGN_CLASS}])"
    rf"(?<![{_LATIN_CLASS}{_FOREIGN_CLASS}])[{_LATIN_CLASS}{_FOREIGN_CLASS}]{{3,40}}"
)
_BOUNDARY = re.compile(rf"[{_LATIN_CLASS}][{_FOREIGN_CLASS}]|[{_FOREIGN_CLASS}][{_LATIN_CLASS}]")
# Nothing to be seen, between two letters of alphabets that never need it; Arabic and Indic scripts do.
_UNSEEN = "\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f"
INVISIBLE = re.compile(
    rf"(?<=[{_LATIN_CLASS}{_FOREIGN_CLASS}0-9])[\u034f\u180e\u200b-\u200d\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]+"
    rf"(?=[{_LATIN_CLASS}{_FOREIGN_CLASS}0-9])"
)
SOFT = re.compile(rf"(?<=[{_LATIN_CLASS}{_FOREIGN_CLASS}])\u00ad(?=[{_LATIN_CLASS}{_FOREIGN_CLASS}])")
_ANY_UNSEEN = re.compile(f"[{_UNSEEN}]+")
REVERSED = re.compile("[\u202d\u202e](?=[A-Za-z0-9._-])")
"""Overrides of direction: the Latin letters that follow are shown backwards."""
# Letters of mathematics, and letters in circles and squares: Latin words that no search finds.
STYLED = re.compile(
    "[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189\u1d00-\u1d22\ua730-\ua731]{3,}"
)
_MARKS = re.compile("[\u0300-\u036f]")
_DIGITS = str.maketrans("0135$@", "oiessa")


def mixed_words(text: str, limit: int = 20) -> list[str]:
    """Return words in which letters of Latin and of another alphabet stand that look like each other."""
    if text.isascii():
        return []
    found: list[str] = []
    at = 0
    while len(found) < limit and (boundary := _BOUNDARY.search(text, at)) is not None:
        word_start = _start(text, boundary.start())
        match = _MIXED.match(text, word_start)
        at = max(boundary.end(), match.end() if match else 0)
        if match is not None and _is_deceptive(match[0]):
            found.append(match[0])
    return found


def _start(text: str, at: int) -> int:
    floor = max(0, at - 40)
    while at > floor and text[at - 1].isalpha():
        at -= 1
    return at


def _is_deceptive(word: str) -> bool:
    """Whether the fewer letters of a word look like the more: a Cyrillic letter in `paypal` does, a unit does not."""
    latin = [letter for letter in word if letter < "\u0250" or "\u1e00" <= letter <= "\u1eff"]
    foreign = [letter for letter in word if not (letter < "\u0250" or "\u1e00" <= letter <= "\u1eff")]
    if not latin or not foreign:
        return False
    if len(foreign) <= len(latin):
        return all(ord(letter) in _ALIKE for letter in foreign)
    # Latin letters in a foreign word: those that have a look-alike, and no capitals, as units and names have.
    return all(letter in _LOOKED_LIKE for letter in latin) and not all(letter.isupper() for letter in latin)


_LOOKED_LIKE = frozenset("acehijkmoprstuxyABCEHIKMOPTXY")


def skeleton(text: str) -> str:
    """Return what a text looks like, in plain letters: for comparing it with a name one might take it for."""
    text = _ANY_UNSEEN.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_ALIKE))
        text = _MARKS.sub("", text)
    return text.lower().translate(_DIGITS).replace("rn", "m").replace("vv", "w").replace("l", "i")


@lru_cache(512)
def script_of(letter: str) -> str:
    """Return the alphabet a letter is of, '' for what all share."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else ""
    if not letter.isalpha():
        return ""
    word = unicodedata.name(letter, "").partition(" ")[0]
    return (
        "HAN" if word in {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "KATAKANA-HIRAGANA"} else word
    )


def scripts(text: str) -> set[str]:
    """Return the alphabets in a text, those of East Asia as one."""
    return {script_of(letter) for letter in text[:300]} - {""}
