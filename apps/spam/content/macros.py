"""Programs within office files: whether there are any, and whether they start by themselves and reach outside.

oletools is loaded by the first file that holds a macro, for it takes 20 MB that most processes never need.
"""

import enum
import logging
import re
import warnings

MOST_BYTES = 4 * 1024 * 1024
MOST_CODE = 500_000

_PROJECT = "_VBA_PROJECT".encode("utf-16-le")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STARTS = re.compile(
    r"\b(?:auto_?(?:open|exec|close|exit|new)|document_?(?:open|close|beforeclose|new)|workbook_?(?:open|activate|beforeclose)"
    r"|\w+_(?:layout|painted|gotfocus|mouseenter|mousehover))\b",
    re.IGNORECASE,
)
_REACHES = re.compile(
    r"\b(?:shell|shellexecute\w*|createobject|getobject|urldownloadtofile\w*|wscript|powershell|msxml2|winhttp|adodb|callbyname"
    r"|virtualalloc|rtlmovememory|createthread|createprocess\w*|environ|regwrite|winmgmts|mshta|rundll32|certutil|bitsadmin)\b",
    re.IGNORECASE,
)


class Macros(enum.Enum):
    """What an office file holds."""

    NONE = "none"
    SOME = "some"
    START = "start"
    """They start by themselves, and reach outside the file."""
    UNKNOWN = "unknown"
    """There are some, and they could not be read."""


def is_encrypted(data: bytes) -> bool:
    """Whether an office file opens with a password alone."""
    return data.startswith(b"\xd0\xcf\x11\xe0") and _ENCRYPTED in data


def holds(data: bytes) -> Macros:
    """Say what macros an office file holds."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        has_some = _PROJECT in data
    elif data.startswith(b"PK"):
        has_some = b"vbaProject.bin" in data or b"xl/macrosheets/" in data
    else:
        has_some = b"macrosPresent" in data[:100_000] or b"ActiveMime" in data
    if not has_some:
        return Macros.NONE
    if len(data) > MOST_BYTES:
        return Macros.UNKNOWN
    return _read(data)


def _read(data: bytes) -> Macros:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Parser

    # What it says about broken files is no news of ours.
    logging.getLogger("olevba").setLevel(logging.CRITICAL)
    code: list[str] = []
    size = 0
    try:
        parser = VBA_Parser("file", data=data, disable_pcode=True)
        try:
            if not parser.detect_vba_macros():
                return Macros.NONE
            for _, _, _, text in parser.extract_macros():
                words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
                code.append(words[: MOST_CODE - size])
                size += len(code[-1])
                if size >= MOST_CODE:
                    break
        finally:
            parser.close()
    except Exception:  # noqa: BLE001 - whatever a stranger's file does to a reader of such files says nothing
        return Macros.UNKNOWN
    source = "\n".join(code)
    return Macros.START if _STARTS.search(source) and _REACHES.search(source) else Macros.SOME
