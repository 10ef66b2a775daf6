"""Where the built scripts and styles are: names in templates, hashed files in static/dist."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static


@cache
def _names() -> dict[str, str]:
    """Return the manifest that tools/build_assets.py wrote; empty where nothing was built, as in most tests."""
    manifest = Path(settings.BASE_DIR) / "static" / "dist" / "manifest.json"
    if not manifest.exists():
        return {}
    names: dict[str, str] = json.loads(manifest.read_text())["names"]
    return names


def url(name: str) -> str:
    """Return the address of an asset, `webmail.js` or `app.css`."""
    return static(f"dist/{_names().get(name, name)}")


def has(name: str) -> bool:
    """Tell whether an asset was built; languages without a catalogue of their own have none."""
    return name in _names()
