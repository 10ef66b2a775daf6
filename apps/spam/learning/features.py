"""A message becomes numbers: hashed words, pairs of words, runs of four bytes and facts of form.

Words carry the field they stand in ("subject", "sender", "link" ...), so that "viagra" in a sender's name is another
thing than in a text. Runs of four bytes come from the first 3,000 bytes of what a person sees and survive odd spacing
and spelling. Facts of form (tags, media types, mail program) are a group of their own and count less: they say more about
years and places than about intent.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .hashing import Hashes, distinct, grams, hashed, mixed, pairs
from .material import Material

GRAM_BYTES = 3000
WORDS_LIMIT = 4000
LONGEST_WORD = 40

_WORD = re.compile(r"[^\W_](?:[\w'$%!-]*[\w$%!])?|[$€£]+\d*|!!+")
# Chinese, Japanese, Korean and Thai put no spaces between words: two characters stand for one.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE_PAIR = re.compile(r"(?=([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}))")
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]+")
_HOST = re.compile(r"^(?:https?:)?//([^/?#@\s]+@)?([^/?#:\s]+)", re.IGNORECASE)
_URL = re.compile(r"""https?://[^\s<>"')\]]+""", re.IGNORECASE)
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)\b([^>]{0,400})")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=")

# One for each kind of feature; a number that was given stays given.
SUBJECT, TEXT, SENDER, DOMAIN, LINK, SHOUTED, PAIR, GRAM, FACT, REPLY = range(1, 11)
PREFIXES = {
    SUBJECT: "subject",
    TEXT: "text",
    SENDER: "sender",
    DOMAIN: "domain",
    LINK: "link",
    SHOUTED: "written",
    FACT: "form",
    REPLY: "reply",
}
SUBJECT_PAIR = 20


@dataclass(frozen=True, slots=True)
class Features:
    """A message as learners see it: hashes, each once in its group."""

    words: Hashes
    pairs: Hashes
    grams: Hashes
    facts: Hashes

    @property
    def tokens(self) -> Hashes:
        """What token statistics count: words and pairs of them."""
        return distinct(np.concatenate((self.words, self.pairs)))


def salted(hashes: Hashes, user: int) -> Hashes:
    """Return the same features as this user's own; 0 stands for everybody's."""
    return distinct(mixed(hashes, user)) if user else hashes


def features(seen: Material) -> Features:
    """Return the features of a message."""
    text = plain(seen.text)
    found = {kind: hashed(names, kind) for kind, names in _words(seen, text)}
    facts = found.pop(FACT)
    return Features(
        words=distinct(np.concatenate(list(found.values()))),
        pairs=distinct(np.concatenate((pairs(found[TEXT], PAIR), pairs(found[SUBJECT], SUBJECT_PAIR)))),
        grams=grams(_seen(seen, text), GRAM),
        facts=distinct(facts),
    )


def named(seen: Material) -> dict[int, str]:
    """Return what each word and fact of a message was, by its hash, for an explanation."""
    out: dict[int, str] = {}
    for kind, names in _words(seen, plain(seen.text)):
        hashes = hashed(names, kind)
        for number, name in zip(hashes.tolist(), names, strict=False):
            out[number] = f"{PREFIXES[kind]}: {name}"
    return out


def plain(text: str) -> str:
    """Return a text without characters nobody sees, and with one form for each that has several (NFKC)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


def words(text: str) -> list[str]:
    """Return the words of a text."""
    found = _WORD.findall(text)
    if not text.isascii() and _DENSE.search(text):
        found = [word for word in found if not _DENSE.search(word)] + _DENSE_PAIR.findall(text)
    # Of a number only its length is told: 24 is no word of spam for having stood in one.
    return ["0" * len(word) if word.isdigit() else word for word in found if len(word) <= LONGEST_WORD]


def _words(seen: Material, text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the words of each kind."""
    written = words(text)[:WORDS_LIMIT]
    lowered = "\n".join(written).lower().split("\n") if written else []
    yield TEXT, lowered
    yield SHOUTED, [word for word, low in zip(written, lowered, strict=True) if word != low]
    yield SUBJECT, words(plain(seen.subject).lower())
    yield SENDER, words(plain(seen.sender).lower().replace("@", " @ ").replace(".", " "))
    yield DOMAIN, list(_suffixes(seen.domain))
    links = [*seen.links, *_URL.findall(text)][:100]
    yield LINK, [name for link in links for name in _host(link)]
    yield FACT, _facts(seen)


def _seen(seen: Material, text: str) -> bytes:
    """Return what a person sees first, as bytes."""
    head = f"{seen.sender}\n{seen.reply_to}\n{plain(seen.subject)}\n"
    return (head + text[:GRAM_BYTES]).encode("utf-8", "replace")[:GRAM_BYTES]


def _suffixes(name: str) -> Iterable[str]:
    """Return a.b.c, b.c and c."""
    labels = name.split(".")[-6:]
    return (".".join(labels[at:]) for at in range(len(labels)) if labels[at])


def _host(link: str) -> list[str]:
    """Return what is told by where a link leads."""
    match = _HOST.match(link)
    if match is None:
        scheme = link[:7].lower()
        return ["mailto"] if scheme == "mailto:" else ["cid"] if scheme.startswith("cid:") else ["relative"]
    host = match[2].lower().strip(".")[:100]
    if host.replace(".", "").isdigit():
        return ["number"]
    out = list(_suffixes(host))
    if match[1]:
        out.append("user@")
    return out


def _facts(seen: Material) -> list[str]:
    tags = [(name.lower(), rest) for name, rest in _TAG.findall(seen.markup)]
    out = {name for name, _ in tags}
    out |= {f"{name}.{key.lower()}" for name, rest in tags for key in _ATTRIBUTE.findall(rest)}
    out.update(seen.types, seen.signs)
    out.update("type " + word for word in words(seen.content_type.lower()))
    out.update("mailer " + word for word in words(seen.mailer.lower()))
    out.update("to " + word for word in words(seen.to.lower().replace("@", " ").replace(".", " "))[:40])
    out.update("reply " + word for word in words(seen.reply_to.lower().replace(".", " ")))
    return sorted(out)
