"""Values as IMAP strings: quoted where that is possible, else literals (RFC 3501 4.3 and 9)."""

import re

_PLAIN = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]*")
_SPECIAL = re.compile(rb"[\"\\]")
_LONGEST_QUOTED = 1000


def nstring(value: bytes | None) -> bytes:
    """Return a quoted string, a literal where a byte is 8-bit, CR or LF or there are too many, or NIL.

    NUL can be in neither; it is left out.
    """
    if value is None:
        return b"NIL"
    if len(value) <= _LONGEST_QUOTED:
        if _PLAIN.fullmatch(value):
            return b'"%b"' % value
        if value.isascii() and not (b"\0" in value or b"\r" in value or b"\n" in value):
            return b'"%b"' % _SPECIAL.sub(rb"\\\g<0>", value)
    value = value.replace(b"\0", b"")
    return b"{%d}\r\n%b" % (len(value), value)
