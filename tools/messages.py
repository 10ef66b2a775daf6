"""Translations: gather the texts of the source into locale/, compile them for Django and for the islands.

`python -m tools.messages` gathers (it needs xgettext, Debian's package gettext); compiling needs nothing but polib
and is part of building the assets.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"


def compile_all() -> None:
    """Write the .mo file of each catalogue that is newer than it."""
    for source in LOCALE.glob("*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))


def catalogues() -> Iterator[tuple[str, str]]:
    """Yield each language and the module that gives the islands their words in it."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/djangojs.po")):
        catalogue = polib.pofile(str(source))
        words: dict[str, str | list[str]] = {}
        for entry in catalogue.translated_entries():
            if entry.msgid_plural:
                words[entry.msgid] = [entry.msgstr_plural[n] for n in sorted(entry.msgstr_plural)]
            else:
                words[entry.msgid] = entry.msgstr
        plural = _plural(catalogue.metadata.get("Plural-Forms", ""))
        yield (
            source.parts[-3],
            f"globalThis.mailCatalogue={{messages:{json.dumps(words, ensure_ascii=False)},plural:(n)=>Number({plural})}};",
        )


def _plural(forms: str) -> str:
    """Return the expression in n of a Plural-Forms header, if it is nothing but arithmetic."""
    found = re.search(r"plural=([n0-9\s()!=<>%&|?:+-]+);?", forms)
    return found.group(1).strip() if found else "n !== 1"


def gather() -> int:
    """Bring the catalogues up to date with the source; 1 where xgettext is missing."""
    command = [
        sys.executable,
        "manage.py",
        "makemessages",
        "--locale",
        "de",
        "--no-obsolete",
        "--no-location",
    ]
    ignored = [
        word
        for name in (".venv", "frontend/node_modules", "static", "var", "tests", "bench")
        for word in ("-i", name)
    ]
    for extra in (["-e", "py,html,txt"], ["-d", "djangojs", "-e", "ts"]):
        if code := subprocess.run([*command, *ignored, *extra], cwd=ROOT, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(gather())
