"""Header fields written: text, names, addresses, ids and parameters (RFC 5322 2.2.3, RFC 2047, 2231, 6532).

Whatever comes in, what goes out is one field: line ends and control characters become spaces before anything else.
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from apps.protocols.addresses import Address

from .letter import Person

WIDTH = 76
LONGEST_WORD = 60
FILENAME_LIMIT = 255
REFERENCES_KEPT = 30

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&+.^_`{|}~-]+")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def one_line(text: str) -> str:
    """Return text on one line, without control characters, its runs of spaces one space each."""
    return " ".join(_CONTROL.sub(" ", text).split())


def field(name: str, chunks: Iterable[str]) -> bytes:
    """Return a field whose value is these chunks, folded between them where a line would be too long."""
    lines = [name + ":"]
    for chunk in chunks:
        if len(lines[-1]) + 1 + len(chunk) > WIDTH and not (len(lines) == 1 and lines[0] == name + ":"):
            lines.append("")
        lines[-1] += " " + chunk
    return "\r\n".join(lines).encode() + b"\r\n"


def text_chunks(text: str, used: int = 0) -> list[str]:
    """Return the chunks of an unstructured value; `used` characters are on the first line already."""
    text = one_line(text)
    words = text.split(" ") if text else []
    is_plain = text.isascii() and "=?" not in text and all(len(word) <= LONGEST_WORD for word in words)
    return words if is_plain else encoded_words(text, used)


def encoded_words(text: str, used: int = 0) -> list[str]:
    """Return text as encoded words of at most 75 characters, none of which splits a character (RFC 2047 2, 5)."""
    data = text.encode("utf-8", "replace")
    quoted = sum(1 if byte in _Q_PLAIN or byte == 0x20 else 3 for byte in data)
    encode = _q if quoted <= len(data) * 4 // 3 + 2 else _b
    out: list[str] = []
    piece = ""
    room = WIDTH - 1 - used
    for character in text:
        if piece and len(encode(piece + character)) > room:
            out.append(encode(piece))
            piece, room = "", WIDTH - 1
        piece += character
    return [*out, encode(piece)] if piece else out


def _q(text: str) -> str:
    body = "".join(
        chr(byte) if byte in _Q_PLAIN else "_" if byte == 0x20 else f"={byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )
    return f"=?utf-8?q?{body}?="


def _b(text: str) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(text.encode('utf-8', 'replace'), newline=False).decode()}?="


def phrase_chunks(name: str) -> list[str]:
    """Return the chunks of a display name: atoms, a quoted string, or encoded words."""
    name = one_line(name)
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > LONGEST_WORD:
        return encoded_words(name)
    return [name] if _ATOMS.fullmatch(name) else [quoted_string(name)]


def quoted_string(text: str) -> str:
    r"""Return printable ASCII in quotes, `"` and `\` escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def address_chunks(people: Sequence[Person]) -> list[str]:
    """Return the chunks of a list of addresses; AddressError for one that is none."""
    chunks: list[str] = []
    for number, person in enumerate(people):
        address = str(Address.parse(person.address, forgiving=True))
        name = phrase_chunks(person.name)
        comma = "," if number < len(people) - 1 else ""
        chunks += [*name, f"<{address}>{comma}"] if name else [address + comma]
    return chunks


def is_id(text: str) -> bool:
    """Whether text is a Message-ID, angle brackets and all, that can be written as it is."""
    return _ID.fullmatch(text) is not None


def id_chunks(ids: Iterable[str]) -> list[str]:
    """Return ids that are ids, each once; of very many the first and the last, as RFC 5322 3.6.4 lets us."""
    found = list(dict.fromkeys(filter(is_id, ids)))
    return found if len(found) <= REFERENCES_KEPT else [found[0], *found[1 - REFERENCES_KEPT :]]


def parameter_chunks(name: str, value: str) -> list[str]:
    """Return `name=value` as it must be written: a token, a quoted string, or by RFC 2231 in as many pieces as needed."""
    value = one_line(value)[:FILENAME_LIMIT]
    if value.isascii() and len(value) <= LONGEST_WORD:
        return [f"{name}={value if _TOKEN.fullmatch(value) else quoted_string(value)}"]
    # A piece is cut between characters, and so never within a %XX.
    pieces = [""]
    for character in value:
        encoded = quote(character.encode("utf-8", "replace"), safe="!#$&+.^_`{|}~-")
        if len(pieces[-1]) + len(encoded) > LONGEST_WORD:
            pieces.append("")
        pieces[-1] += encoded
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    pieces[0] = "utf-8''" + pieces[0]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]
