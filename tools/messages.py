"""Translations: gather the texts of the source into locale/, compile them for Django and for the islands.

`python -m tools.messages` gathers, and says what has no German yet. Compiling is part of building the assets.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import polib

from tools.texts import of_islands, of_pages

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
LANGUAGES = ("de", "en")
_HOLE = re.compile(r"%\(\w+\)[sd]")


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


def gather() -> list[str]:
    """Bring the catalogues up to date with the source; return the texts that have no German yet."""
    missing = []
    for name, texts in (("django", of_pages(ROOT)), ("djangojs", of_islands(ROOT))):
        wanted: dict[str, str | None] = {}
        for one, many in texts:
            wanted[one] = many or wanted.get(one)
        for language in LANGUAGES:
            catalogue = _updated(LOCALE / language / "LC_MESSAGES" / f"{name}.po", language, wanted)
            # English says the text itself where its catalogue says nothing else.
            missing += [entry.msgid for entry in catalogue.untranslated_entries() if language != "en"]
    return missing


def _updated(path: Path, language: str, wanted: dict[str, str | None]) -> polib.POFile:
    """Write a catalogue that has just what is wanted, with the words it had."""
    before = {entry.msgid: entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Project-Id-Version": "mailplatform",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for one, many in wanted.items():
        entry = polib.POEntry(msgid=one, flags=["python-format"] if _HOLE.search(one) else [])
        had = before.get(one)
        if many is not None:
            entry.msgid_plural = many
            entry.msgstr_plural = (had and had.msgstr_plural) or {0: "", 1: ""}
        elif had:
            entry.msgstr = had.msgstr
        catalogue.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    return catalogue


if __name__ == "__main__":
    for text in gather():
        print(f"to translate: {text}")
