"""README.md tells what is so."""

from pathlib import Path

from mailplatform.settings.table import inserted

README = Path(__file__).parents[1] / "README.md"


def test_the_table_of_settings_is_the_one_that_is_read() -> None:
    text = README.read_text()
    assert text == inserted(text), "run `make settings`"
