"""Fields on lines of a bearable width (RFC 5322 2.1.1)."""

from collections.abc import Sequence

_WIDTH = 76


def fold(text: str, width: int = _WIDTH) -> list[str]:
    """Part a text at its blanks into lines; a word that is longer stays whole."""
    if len(text) < width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def join(words: Sequence[str], mark: str) -> str:
    """Join words by a mark after which a line may be folded."""
    lines, width = [words[0]], len(words[0]) + 4
    for word in words[1:]:
        if width + len(word) + 1 > _WIDTH:
            lines.append(f"{mark}\r\n\t ")
            width = 9
        else:
            lines.append(mark)
            width += 1
        lines.append(word)
        width += len(word)
    return "".join(lines)
