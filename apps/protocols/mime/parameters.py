"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045 5.1, RFC 2183, RFC 2231)."""

import re
from itertools import islice
from urllib.parse import unquote_to_bytes

from .charsets import clean, decode
from .headers import decode_words

type Parameters = list[tuple[bytes, bytes]]

LIMIT = 64
LONGEST = 8 * 1024

_NAME = rb"([!#-'*+.0-9A-Z^-~-]++)"
_TYPE = re.compile(rb"\s*+" + _NAME + rb"\s*+/\s*+" + _NAME + rb"\s*+(?:\([^()]*+\)\s*+)*+(?:;|,|\Z|\s)")
_TOKEN = re.compile(rb"\s*+\"?([^\s;\"()]*+)")
_PARAMETER = re.compile(
    rb"(?:;\s*+|(?<=\")\s++)([^\s=;\"(),]++)\s*+=\s*+(?:\"((?:[^\"\\]++|\\.)*+)(?:\"|\\?\Z)|([^;]*+))",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SEGMENT = re.compile(rb"([^*]+)\*(?:(\d{1,4})(\*)?)?\Z")
_PLAIN = re.compile(rb"[^A-Za-z0-9!#$&+.^_`{|}~-]")


def media_type(value: bytes) -> tuple[bytes, bytes] | None:
    """Return the lower-case type and subtype of a Content-Type, or None where it names none."""
    match = _TYPE.match(value)
    return (match[1].lower(), match[2].lower()) if match else None


def token(value: bytes) -> bytes:
    """Return the lower-case first word of a Content-Disposition or Content-Transfer-Encoding."""
    match = _TOKEN.match(value)
    return match[1].lower() if match else b""


def parameters(value: bytes) -> Parameters:
    """Return the parameters in order, names in lower case, continuations joined, charsets left as they are.

    So says RFC 2231 section 8 of IMAP servers. Of a name that is repeated, the first counts.
    """
    semicolon = value.find(b";")
    if semicolon < 0:
        return []
    found: dict[bytes, bytes] = {}
    extended = False
    for match in islice(_PARAMETER.finditer(value, semicolon), LIMIT):
        name, quoted, plain = match.groups()
        if quoted is not None:
            plain = _ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted
        else:
            plain = plain.rstrip()
            if plain.endswith(b")") and (comment := plain.rfind(b"(")) > 0:
                plain = plain[:comment].rstrip()
        extended = extended or b"*" in name
        found.setdefault(name.lower(), plain[:LONGEST])
    return _joined(found) if extended else list(found.items())


def _joined(found: dict[bytes, bytes]) -> Parameters:
    """Join `name*0`, `name*1*` ... into `name` or, where a segment is extended, `name*`."""
    out: dict[bytes, bytes] = {}
    segments: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    for name, value in found.items():
        match = _SEGMENT.match(name)
        if match is None or match[2] is None:
            out[name] = value
        else:
            segments.setdefault(match[1], {})[int(match[2])] = (value, bool(match[3]))
    for name, numbered in segments.items():
        run: list[tuple[bytes, bool]] = []
        while len(run) in numbered:
            run.append(numbered[len(run)])
        if not run:  # Segment 0 is missing: keep what there is, in order.
            run = [numbered[number] for number in sorted(numbered)]
        if any(is_extended for _, is_extended in run):
            joined = b"".join(value if is_extended else _percent(value) for value, is_extended in run)
            # The charset may be named in the first segment only; a first segment without one has none to name.
            out.setdefault(name + b"*", joined if run[0][1] else b"''" + joined)
        else:
            out.setdefault(name, b"".join(value for value, _ in run))
    return list(out.items())


def _percent(value: bytes) -> bytes:
    return _PLAIN.sub(lambda match: b"%%%02X" % match[0][0], value)


def parameter(found: Parameters, name: bytes) -> str:
    """Return one parameter decoded (RFC 2231, or the encoded words many senders put there), or ''."""
    values = dict(found)
    extended = values.get(name + b"*")
    if extended is not None:
        charset, text = _extended(extended)
        return clean(decode(text, charset.decode("ascii", "replace")))
    value = values.get(name)
    return decode_words(value) if value else ""


def parameter_bytes(found: Parameters, name: bytes) -> bytes:
    """Return one parameter as bytes, percent-decoded where it is extended, or b""."""
    for known, value in found:
        if known == name:
            return value
        if known == name + b"*":
            return _extended(value)[1]
    return b""


def _extended(value: bytes) -> tuple[bytes, bytes]:
    """Split `charset'language'text`."""
    charset, _, rest = value.partition(b"'")
    _, quote, text = rest.partition(b"'")
    return (charset, unquote_to_bytes(text)) if quote else (b"", unquote_to_bytes(value))
