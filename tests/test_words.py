"""Every text of the pages is in the German catalogue, translated, with the same holes to fill."""

import re
from pathlib import Path

import polib
import pytest

from tools.texts import of_islands, of_pages

ROOT = Path(__file__).resolve().parents[1]
GERMAN = ROOT / "locale" / "de" / "LC_MESSAGES"
HOLE = re.compile(r"%\((\w+)\)[sd]|%[sd%]")


def catalogue(name: str) -> dict[str, polib.POEntry]:
    """Read one."""
    return {entry.msgid: entry for entry in polib.pofile(str(GERMAN / f"{name}.po"))}


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_every_text_is_in_the_catalogue(name: str) -> None:
    wanted = {one for one, _many in (of_islands if name == "djangojs" else of_pages)(ROOT)}
    assert len(wanted) > 100
    assert sorted(wanted ^ set(catalogue(name))) == [], "run `make words`, and translate"


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_every_text_is_translated(name: str) -> None:
    for text, entry in catalogue(name).items():
        assert entry.translated(), text
        assert "fuzzy" not in entry.flags, text


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_a_translation_has_the_holes_of_its_text(name: str) -> None:
    for text, entry in catalogue(name).items():
        theirs = [*entry.msgstr_plural.values()] if entry.msgid_plural else [entry.msgstr]
        for original, other in zip([text, entry.msgid_plural or text], theirs, strict=False):
            assert sorted(HOLE.findall(original)) == sorted(HOLE.findall(other)), text


def test_texts_are_found_however_they_are_written(tmp_path: Path) -> None:
    for place in ("apps", "templates", "frontend/src"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "apps/a.py").write_text(
        "from django.utils.translation import gettext_lazy as _lazy, ngettext\n"
        "x = _lazy('a' 'b')\ny = ngettext('one', 'many', n)\nz = other('not this')\n"
    )
    (tmp_path / "templates/a.html").write_text(
        "{% load i18n %}{% translate 'c' %}{% blocktranslate trimmed count n=n %}\n one {{ x }}\n {% plural %}{{ n }} of {{ x }}"
        "{% endblocktranslate %}"
    )
    (tmp_path / "frontend/src/a.ts").write_text(
        '/"/; html`${gettext("d")} ${ngettext(\n  "e", "f", n)}`; say("g")'
    )
    assert list(of_pages(tmp_path)) == [
        ("ab", None),
        ("one", "many"),
        ("c", None),
        ("one %(x)s", "%(n)s of %(x)s"),
    ]
    assert list(of_islands(tmp_path)) == [("d", None), ("e", "f")]
