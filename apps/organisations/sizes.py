"""Sizes as people write them: 2 GB, 500 M, 1,5 TB."""

import re

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from .errors import DirectoryError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_WORDS = frozenset({"", "0", "none", "unlimited", "no limit", "keine", "kein limit", "unbegrenzt"})
_SIZE = re.compile(r"(\d{1,15})(?:[.,](\d{1,3}))?\s*([KMGT]?)(?:i?B|bytes?)?", re.IGNORECASE)


def read_size(text: str) -> int:
    """Return the number of bytes a text says; 0 is no limit. Raises DirectoryError."""
    plain = " ".join(text.split())
    if plain.lower() in _WORDS:
        return 0
    found = _SIZE.fullmatch(plain)
    if not found:
        raise DirectoryError(_("Write a size like 500 MB or 2 GB, or leave it empty for no limit."))
    whole, part, unit = found[1], found[2] or "", found[3].upper()
    return int(float(f"{whole}.{part or 0}") * _UNITS[unit]) if part else int(whole) * _UNITS[unit]


def write_size(number: int | None) -> str:
    """Write a size so that `read_size` reads the same; empty for no limit."""
    if not number:
        return ""
    for unit in ("T", "G", "M", "K"):
        if number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]} {unit}B"
    return str(number)


def show_size(number: int | None) -> str:
    """Write a size for reading, in the reader's language."""
    return filesizeformat(number) if number else _("no limit")
