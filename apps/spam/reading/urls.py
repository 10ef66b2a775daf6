"""Addresses in plain text, as mail programs make links of them."""

import re
from collections.abc import Iterator

_URL = re.compile(
    r"(?<![\w@/.])(?:https?://|hxxps?://|www\.(?=[\w-]+\.))[^\s<>\"'`\\\u3000\uff0c\u3002]{1,2000}",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}'*_\u2026\u201d\u2019\u00bb\u300d\u300f\uff09"


def urls(text: str) -> Iterator[tuple[str, str]]:
    """Yield address and text of each; the address of what begins with `www.` gets its scheme."""
    for match in _URL.finditer(text):
        said = _trimmed(match[0])
        if len(said) > 4 and not said.endswith("/" * 2):
            yield ("http://" + said if said[:4].lower() == "www." else said), said


def _trimmed(url: str) -> str:
    """Take off what ends the sentence, not the address."""
    end = len(url)
    while end and url[end - 1] in _TRAILING:
        if url[end - 1] == ")" and "(" in url[:end]:
            break
        end -= 1
    return url[:end]
