"""The attacks the tests play: files of tests/corpus/html, and the shared collection where it is."""

import json
from pathlib import Path

from tests.shared_data import shared

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "html"


def own() -> list[Path]:
    """Return the files of our corpus."""
    return sorted(CORPUS.glob("*.html"))


def collected() -> list[str]:
    """Return the payloads of the shared collection; skips the test loudly where it is not there."""
    items = json.loads((shared("html") / "dompurify.json").read_text())
    return [item["payload"] for item in items]
