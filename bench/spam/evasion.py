"""Ways to rewrite spam so that a filter does not know it: `python -m bench.spam.evasion IN OUT`.

IN is a folder of messages, one a file; OUT/WAY/spam/NAME holds each of them rewritten in each way. What a reader sees
stays about the same, every result is a valid message, and the same input gives the same output.
"""

import email
import email.header
import email.message
import html
import random
import re
import sys
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.spam.canary import mails, wire

LOOKALIKES = str.maketrans("aceiopxyAEKMHOPCTXB", "асеіорхуАЕКМНОРСТХВ")  # noqa: RUF001
LEET = str.maketrans("aeiostAEIOS", "4310$743105")
WORD = re.compile(r"[^\W\d_]{4,}")
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
OURS = ("mime-version", "content-", "subject")
WAYS: dict[str, Callable[["Taken", random.Random], bytes]] = {}


@dataclass(frozen=True, slots=True)
class Taken:
    """A message taken apart: header fields as they stand without those of MIME and the subject, and what it says."""

    head: list[bytes]
    subject: str
    text: str
    page: str


def _way(make: Callable[[Taken, random.Random], bytes]) -> Callable[[Taken, random.Random], bytes]:
    WAYS[make.__name__.lstrip("_")] = make
    return make


def rewrite(raw: bytes, way: str) -> bytes:
    """Rewrite a message in one way."""
    return WAYS[way](take(raw), random.Random(f"{way} {zlib.crc32(raw)}"))


def take(raw: bytes) -> Taken:
    """Take a message apart, however broken it is."""
    parsed = email.message_from_bytes(raw)
    texts: list[str] = []
    pages: list[str] = []
    for part in parsed.walk():
        if part.get_content_type() in ("text/plain", "text/html") and part.get_filename() is None:
            (pages if part.get_content_type() == "text/html" else texts).append(_decoded(part))
    text, page = "\n".join(texts).strip(), "\n".join(pages).strip()
    if not text:
        text = re.sub(r"\s*\n\s*", "\n", html.unescape(TAG.sub(" ", UNSEEN.sub(" ", page)))).strip()
    if not page:
        lines = "<br>\n".join(
            ADDRESS.sub(lambda match: f'<a href="{match[0]}">{match[0]}</a>', html.escape(line, quote=False))
            for line in text.splitlines()
        )
        page = f"<html><body><p>{lines}</p></body></html>"
    return Taken(_fields(raw), _subject(parsed), text, page)


def _decoded(part: email.message.Message) -> str:
    body = part.get_payload(decode=True)
    raw = body if isinstance(body, bytes) else str(part.get_payload()).encode("utf-8", "replace")
    try:
        text = raw.decode(part.get_content_charset() or "utf-8")
    except (LookupError, ValueError):
        text = raw.decode("latin-1")
    return "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or _is_shown(c))


def _subject(parsed: email.message.Message) -> str:
    given = str(parsed.get("subject", "")).replace("\r", "").replace("\n", "")
    try:
        shown = str(email.header.make_header(email.header.decode_header(given)))
    except (LookupError, ValueError):
        shown = given
    return "".join(c for c in shown.encode("utf-8", "replace").decode() if _is_shown(c))


def _is_shown(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) in ("Cf", "Zs")


def _fields(raw: bytes) -> list[bytes]:
    """Return the header fields that stay, unfolded no further than they were."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].replace(b"\r\n", b"\n").replace(b"\r", b"")
    fields: list[bytes] = []
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        elif re.match(rb"[!-9;-~]+[ \t]*:", line):  # anything else is no field: a mbox line, a stray
            fields.append(line)
    return [field for field in fields if not field.decode("latin-1").lower().startswith(OURS)]


def _whole(taken: Taken, body: wire.Part, *, subject: str | None = None, more: tuple[str, ...] = ()) -> bytes:
    """Write a message with another body."""
    said = wire.word(taken.subject, "utf-8") if subject is None else subject
    fields = [*(field.encode() for field in more), *taken.head]
    fields += [f"Subject: {said}".encode(), b"MIME-Version: 1.0", *(field.encode() for field in body.fields)]
    return b"\r\n".join(fields) + b"\r\n\r\n" + body.body


def _both(taken: Taken, rng: random.Random, transfer: str = "quoted-printable") -> wire.Part:
    """Write text and page as alternatives."""
    parts = [
        wire.text_part(taken.text + "\n", "plain", "utf-8", transfer),
        wire.text_part(taken.page + "\n", "html", "utf-8", transfer),
    ]
    return wire.multipart("alternative", parts, rng)


def _page_only(taken: Taken, page: str, transfer: str = "quoted-printable") -> bytes:
    return _whole(taken, wire.text_part(page + "\n", "html", "utf-8", transfer))


def _in_words(text: str, change: Callable[[str], str]) -> str:
    """Change the longer words of a text, addresses aside."""
    out, last = [], 0
    for match in ADDRESS.finditer(text):
        out += [WORD.sub(lambda word: change(word[0]), text[last : match.start()]), match[0]]
        last = match.end()
    return "".join([*out, WORD.sub(lambda word: change(word[0]), text[last:])])


def _in_page(page: str, change: Callable[[str], str]) -> str:
    """Change the longer words of a page, outside of tags, entities and what is not shown."""
    pieces = re.split(
        r"(<(script|style)\b.*?</\2\s*>|<[^>]*>|&#?\w+;)", page, flags=re.IGNORECASE | re.DOTALL
    )
    out = []
    for number, piece in enumerate(pieces):
        if number % 3 == 0:
            out.append(_in_words(piece, change))
        elif number % 3 == 1:
            out.append(piece)
    return "".join(out)


def _worded(taken: Taken, change: Callable[[str], str], rng: random.Random) -> bytes:
    """Change words wherever they are read: subject, text and page."""
    return _whole(
        other := replace(
            taken,
            subject=_in_words(taken.subject, change),
            text=_in_words(taken.text, change),
            page=_in_page(taken.page, change),
        ),
        _both(other, rng),
    )


def _good(rng: random.Random) -> str:
    """Return harmless words: the texts of three everyday mails."""
    if not _GOOD:
        for mail in mails("en"):
            if mail.sort == "personal":
                part = email.message_from_bytes(mail.raw)
                _GOOD.append(next(_decoded(p) for p in part.walk() if p.get_content_type() == "text/plain"))
    return "\n\n".join(rng.sample(_GOOD, 3))


_GOOD: list[str] = []


@_way
def _homoglyphs(taken: Taken, rng: random.Random) -> bytes:
    """Letters of other scripts that look the same."""
    return _worded(taken, lambda word: word.translate(LOOKALIKES) if rng.random() < 0.7 else word, rng)


@_way
def _zero_width(taken: Taken, rng: random.Random) -> bytes:
    """Characters without width inside of words."""

    def split(word: str) -> str:
        place = rng.randrange(1, len(word))
        return word[:place] + rng.choice("\u200b\u200c\u2060\ufeff") + word[place:]

    return _worded(taken, split, rng)


@_way
def _image_only(taken: Taken, rng: random.Random) -> bytes:
    """Nothing but a picture and a link."""
    link = next(iter(ADDRESS.findall(taken.page)), f"http://{rng.getrandbits(40):x}.example/")
    page = f'<html><body><a href="{html.escape(link)}"><img src="cid:p1" alt=""></a></body></html>'
    picture = wire.png(rng)
    image = wire.Part(
        ['Content-Type: image/png; name="p.png"', "Content-Transfer-Encoding: base64", "Content-ID: <p1>"],
        wire.base64_lines(picture + rng.randbytes(9000)),
    )
    parts = [wire.text_part(page + "\n", "html", "utf-8", "quoted-printable"), image]
    return _whole(taken, wire.multipart("related", parts, rng))


@_way
def _good_words(taken: Taken, rng: random.Random) -> bytes:
    """Everyday words after the spam."""
    good = _good(rng)
    shown = html.escape(good).replace("\n", "<br>")
    other = replace(taken, text=f"{taken.text}\n\n\n{good}", page=f"{taken.page}<p>{shown}</p>")
    return _whole(other, _both(other, rng))


@_way
def _split_by_tags(taken: Taken, rng: random.Random) -> bytes:
    """Words cut by tags and comments that show nothing."""

    def split(word: str) -> str:
        place = rng.randrange(1, len(word))
        return word[:place] + rng.choice(["<b></b>", "<!-- x1 -->", "<span></span>", "<wbr>"]) + word[place:]

    return _page_only(taken, _in_page(taken.page, split))


@_way
def _all_base64(taken: Taken, rng: random.Random) -> bytes:
    """Everything in base64, the subject too."""
    letters = taken.subject.encode()
    coded = wire.base64_lines(letters[:45]).decode().strip()
    subject = f"=?utf-8?B?{coded}?=" if taken.subject.isascii() and len(letters) <= 45 else None
    return _whole(taken, _both(taken, rng, "base64"), subject=subject)


@_way
def _leet(taken: Taken, rng: random.Random) -> bytes:
    """Digits for letters, and letters that changed places."""

    def spell(word: str) -> str:
        if rng.random() < 0.5:
            return word.translate(LEET)
        place = rng.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return _worded(taken, spell, rng)


@_way
def _hidden_words(taken: Taken, rng: random.Random) -> bytes:
    """Everyday words, white on white."""
    good = html.escape(_good(rng)).replace("\n", " ")
    style = rng.choice(["color:#ffffff;background:#fff", "font-size:1px;color:#fefefe", "font-size:0"])
    return _page_only(taken, f'<div style="{style}">{good}</div>\n{taken.page}')


@_way
def _in_attachment(taken: Taken, rng: random.Random) -> bytes:
    """The text in a file, and a few words that point to it."""
    parts = [
        wire.text_part("Please see the attached file.\n", "plain", "utf-8", "7bit"),
        wire.file_part("message.html", "text/html", taken.page.encode(), "utf-8"),
    ]
    return _whole(taken, wire.multipart("mixed", parts, rng))


@_way
def _redirected(taken: Taken, rng: random.Random) -> bytes:
    """Every link by a shortener or a redirect."""
    made: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        if match[0] not in made:
            mark = f"{rng.getrandbits(32):x}"
            made[match[0]] = rng.choice(
                [
                    f"https://bit.ly/{mark}",
                    f"https://tinyurl.com/{mark}",
                    f"https://www.google.com/url?q=https://{mark}.example/",
                ]
            )
        return made[match[0]]

    changed = replace(taken, text=ADDRESS.sub(other, taken.text), page=ADDRESS.sub(other, taken.page))
    return _whole(changed, _both(changed, rng))


@_way
def _right_to_left(taken: Taken, rng: random.Random) -> bytes:
    """Words written backwards and turned by an override."""
    return _worded(taken, lambda word: f"\u202e{word[::-1]}\u202c" if rng.random() < 0.6 else word, rng)


@_way
def _split_subject(taken: Taken, rng: random.Random) -> bytes:
    """The subject in many encoded words, each of another kind."""
    letters = taken.subject or "hello"
    words: list[str] = []
    while letters and len(words) < 40:
        size = rng.randrange(1, 5)
        words.append(
            wire.word(letters[:size] + "\u00ad", rng.choice(["utf-8", "utf-16-be"]), q=rng.random() < 0.5)
        )
        letters = letters[size:]
    if letters:
        words.append(wire.word(letters + "\u00ad", "utf-8").replace("\r\n ", "\r\n "))
    return _whole(taken, _both(taken, rng), subject="\r\n ".join(words))


@_way
def _long_headers(taken: Taken, rng: random.Random) -> bytes:
    """Many long fields of chance before everything else."""
    more = tuple(
        f"X-{rng.choice(['Track', 'Ref', 'Id', 'Route', 'Info'])}-{number}: "
        + "\r\n ".join(f"{rng.getrandbits(256):064x}" for _ in range(rng.randrange(1, 6)))
        for number in range(60)
    )
    return _whole(taken, _both(taken, rng), more=more)


@_way
def _spaced(taken: Taken, rng: random.Random) -> bytes:
    """Letters with a blank or a dot between them."""

    def space(word: str) -> str:
        return rng.choice([" ", ".", "-", "_"]).join(word) if rng.random() < 0.4 else word

    return _worded(taken, space, rng)


def main(arguments: list[str]) -> int:
    """Rewrite every message of a folder in every way."""
    if len(arguments) != 2:
        print(__doc__)
        return 2
    given, out = map(Path, arguments)
    files = sorted(
        path for path in given.rglob("*") if path.is_file() and not path.name.endswith((".jsonl", ".md"))
    )
    for way in WAYS:
        folder = out / way / "spam"
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            (folder / "__".join(path.relative_to(given).parts)).write_bytes(rewrite(path.read_bytes(), way))
        print(f"{way}: {len(files)} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
