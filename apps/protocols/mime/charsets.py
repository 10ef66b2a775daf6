"""Bytes that claim a charset, as text. Never raises, and what comes back fits into PostgreSQL."""

import re

# What senders say, and what they mean: browsers read these names as the larger set, so senders got away with it.
_MEANT = {
    "": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "7bit": "utf-8",
    "8bit": "utf-8",
    "utf8": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "unknown": "utf-8",
    "default": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
}
# Codecs of Python that are no charsets, or cost more than linear time.
_NEVER = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "oem", "mbcs"})
_PUNCTUATION = re.compile(
    r"[^a-z0-9]+"
)  # Python takes `punycode-` and `unicode--escape` for the names above.
_NAME = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}", re.ASCII)


def decode(raw: bytes, charset: str) -> str:
    """Decode by the named charset; by UTF-8 or Windows-1252 where that is unknown or plainly wrong."""
    if raw.isascii() and b"\x1b" not in raw and charset in {"", "utf-8", "us-ascii"}:
        return raw.decode("ascii")
    name = charset.strip(" \t\"'").lower()
    name = _MEANT.get(name, name)
    if name != "utf-8" and _NAME.fullmatch(name) and _PUNCTUATION.sub("_", name).strip("_") not in _NEVER:
        try:
            return raw.decode(name, "replace")
        except (LookupError, ValueError):  # No such charset; a codec that knows no "replace".
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # A text cut in its last character is still UTF-8; one or two stray bytes in much UTF-8 are damage.
        cut = error.reason == "unexpected end of data" and not raw[: error.start].isascii()
        if cut or _mostly_utf8(raw):
            return raw.decode("utf-8", "replace")
    return raw.decode("cp1252", "replace")


def _mostly_utf8(raw: bytes) -> bool:
    text = raw.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong * 8 < sum(1 for character in text[:4096] if character > "\x7f")


def clean(text: str) -> str:
    """Take out what PostgreSQL cannot keep: NUL, and half characters."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
