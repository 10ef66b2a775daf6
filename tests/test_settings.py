"""A setting that cannot be used is named in one line, and no line quotes a password."""

from pathlib import Path

import pytest

from mailplatform.settings import registry
from mailplatform.settings.database import check_redis_url, database_from_url
from mailplatform.settings.keys import load_keyring
from mailplatform.settings.registry import SettingError


@pytest.fixture(autouse=True)
def undeclared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test declares out of the table of settings."""
    monkeypatch.setattr(registry, "SETTINGS", {})


PASSWORDS = ("secret/1", "secret/1@[", "secret@[::1", "secret@h\u2100st")


@pytest.mark.parametrize("password", PASSWORDS)
def test_an_address_that_cannot_be_read_keeps_its_password(password: str) -> None:
    for read in (
        lambda: database_from_url(f"postgresql://alice:{password}@127.0.0.1:5432/mail", Path("/x")),
        lambda: check_redis_url(f"redis://:{password}@127.0.0.1:6379/0"),
    ):
        with pytest.raises(SettingError) as error:
            read()
        assert "secret" not in str(error.value)
        assert error.value.__suppress_context__
        assert len(str(error.value).splitlines()) == 1


def test_addresses_that_can() -> None:
    found = database_from_url("postgresql://alice:s%2Fcret@[::1]:5433/mail", Path("/x"))
    assert (found["PASSWORD"], found["HOST"], found["PORT"]) == ("s/cret", "::1", "5433")
    for url in (
        "redis://127.0.0.1:6379/0",
        "rediss://:s%2Fcret@valkey.example/1",
        "unix:///run/valkey.sock?db=0",
    ):
        assert check_redis_url(url) == url


def test_a_place_that_can_hold_no_keys(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "secrets" / "master.keys", Path("/proc/nowhere/secrets/master.keys")):
        with pytest.raises(SettingError, match="MAIL_STATE_DIR"):
            load_keyring("", place)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "binary").chmod(0o600)
    with pytest.raises(SettingError, match="not text"):
        load_keyring("", tmp_path / "binary")


@pytest.mark.parametrize(
    "value", ["two words", "-a.example", "a..example", "ünï.example", "a" * 64, "x\r\nQUIT"]
)
def test_no_host_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAIL_TRIAL", value)
    with pytest.raises(SettingError, match="MAIL_TRIAL"):
        registry.host_name("MAIL_TRIAL", "localhost", "")


@pytest.mark.parametrize(
    "value", ["one.example", "192.0.2.1:port", "192.0.2.1:0", "[192.0.2.1", "a b", "[]:53"]
)
def test_no_servers(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAIL_TRIAL", value)
    with pytest.raises(SettingError, match="MAIL_TRIAL"):
        registry.servers("MAIL_TRIAL", "", "")


def test_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    value = "192.0.2.1, 192.0.2.1:5353,[2001:db8::1]:53,[2001:db8::1]"
    monkeypatch.setenv("MAIL_TRIAL", value)
    assert registry.servers("MAIL_TRIAL", "", "") == [part.strip() for part in value.split(",")]
    monkeypatch.setenv("MAIL_TRIAL", "")
    assert registry.servers("MAIL_TRIAL", "", "") == []
