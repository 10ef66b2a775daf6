"""Fuzz target: a list of master keys is read, or a SettingError says what it looks like without saying it."""

from mailplatform.settings.keys import KEY_BYTES, parse_keyring
from mailplatform.settings.registry import SettingError


def test_one_input(data: bytes) -> None:
    """Read keys."""
    said, keys = "", {}
    try:
        keys = parse_keyring(data.decode("utf-8", "surrogateescape"), "SOURCE")
    except SettingError as error:
        said = str(error)
    # What may be half a key is not repeated.
    assert said.isascii()
    assert bool(keys) != said.startswith("SOURCE: ")
    assert all(len(key) == KEY_BYTES and 0 < number < 2**15 for number, key in keys.items())
