"""What content finds in a letter."""

from apps.spam.content import examine
from apps.spam.reading import read


def found(raw: bytes) -> dict[str, str]:
    """Return the symbols of a message, and what each says."""
    return {symbol.name: symbol.detail for symbol in examine(read(raw)).symbols}
