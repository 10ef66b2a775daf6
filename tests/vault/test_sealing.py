"""Secrets at rest open only for what they were sealed for, and only as they were sealed."""

import base64
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.vault.models import Secret
from apps.vault.sealing import SealError, key_id_of, seal, unseal
from apps.vault.secrets import keyed_hash, secret
from apps.vault.services import rotate, sealed_fields
from mailplatform.settings.keys import add_key, derive, load_keyring, parse_keyring
from mailplatform.settings.registry import SettingError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_as_it_was(data: bytes, purpose: str) -> None:
    sealed = seal(data, purpose=purpose)
    assert unseal(sealed, purpose=purpose) == data
    assert sealed != seal(data, purpose=purpose)
    with pytest.raises(SealError):
        unseal(sealed, purpose=purpose + "x")


@given(st.data())
def test_any_other_byte_anywhere_and_it_stays_shut(data: st.DataObject) -> None:
    sealed = bytearray(seal(b"a secret", purpose="test"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        unseal(bytes(sealed), purpose="test")


@given(st.binary(max_size=80))
def test_nonsense_raises_one_error(data: bytes) -> None:
    with pytest.raises(SealError):
        unseal(data, purpose="test")


def test_the_newest_key_seals_and_older_ones_still_open(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_KEY_FILE = tmp_path / "master.keys"
    settings.MAIL_KEYRING = {1: OLD}
    sealed = seal(b"a secret", purpose="test")
    settings.MAIL_KEYRING = {2: NEW, 1: OLD}
    assert key_id_of(seal(b"another", purpose="test")) == 2
    assert unseal(sealed, purpose="test") == b"a secret"
    settings.MAIL_KEYRING = {2: NEW}
    with pytest.raises(SealError, match="master key 1 is missing"):
        unseal(sealed, purpose="test")


def test_a_key_added_while_we_run_opens_what_it_sealed(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_KEY_FILE = tmp_path / "master.keys"
    ours = settings.MAIL_KEYRING = load_keyring("", settings.MAIL_KEY_FILE)
    add_key(settings.MAIL_KEY_FILE)
    settings.MAIL_KEYRING = load_keyring("", settings.MAIL_KEY_FILE)
    sealed = seal(b"a secret", purpose="test")
    settings.MAIL_KEYRING = ours
    assert unseal(sealed, purpose="test") == b"a secret"
    assert list(settings.MAIL_KEYRING) == [2, 1]
    settings.MAIL_KEY_FILE.write_text("nonsense")
    settings.MAIL_KEYRING = ours
    with pytest.raises(SealError, match="master key 2 is missing"):
        unseal(sealed, purpose="test")


def in_the_table(name: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM vault_secret WHERE name = %s", [name])
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_sealed_column_is_plain_in_python_and_sealed_in_the_table() -> None:
    Secret.objects.create(name="x", value=b"a secret")
    assert Secret.objects.get(name="x").value == b"a secret"
    assert b"a secret" not in in_the_table("x")
    assert unseal(in_the_table("x"), purpose="vault_secret.value") == b"a secret"


@pytest.mark.django_db
def test_a_secret_is_made_once() -> None:
    assert secret("x") == secret("x")
    assert len(secret("x")) == 32
    assert secret("x") != secret("y")
    assert keyed_hash("x", b"ab", b"c") != keyed_hash("x", b"a", b"bc")
    assert keyed_hash("x", b"ab") != keyed_hash("y", b"ab")


@pytest.fixture
def nothing_sealed(db: None) -> None:
    """Take away, for one test, what tests that commit have sealed by other keys."""
    for field in sealed_fields():
        field.model._base_manager.all().delete()  # Django's own name for it


@pytest.mark.usefixtures("nothing_sealed")
def test_rotation_seals_everything_anew(settings: Settings) -> None:
    settings.MAIL_KEYRING = {1: OLD}
    for number in range(3):
        Secret.objects.create(name=f"s{number}", value=b"%d" % number)
    settings.MAIL_KEYRING = {2: NEW, 1: OLD}
    Secret.objects.create(name="s3", value=b"3")
    (done,) = [one for one in rotate() if one.column == "vault_secret.value"]
    assert (done.resealed, done.broken) == (3, ())
    assert all(one.resealed == 0 for one in rotate())
    settings.MAIL_KEYRING = {2: NEW}
    assert [row.value for row in Secret.objects.order_by("name")] == [b"0", b"1", b"2", b"3"]


@pytest.mark.usefixtures("nothing_sealed")
def test_rotation_goes_on_past_what_is_broken_and_says_so(settings: Settings) -> None:
    settings.MAIL_KEYRING = {1: OLD}
    for name in ("a", "b", "c"):
        Secret.objects.create(name=name, value=b"x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_secret SET value = 'damaged' WHERE name = 'b'")
    settings.MAIL_KEYRING = {2: NEW, 1: OLD}
    out, complaints = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 secrets do not open; keep the older keys"):
        call_command("rotate_keys", stdout=out, stderr=complaints)
    assert "vault_secret.value: 2 sealed again" in out.getvalue()
    assert "vault_secret.value: b: not a sealed secret" in complaints.getvalue()


def test_every_sealed_column_is_known() -> None:
    assert "vault_secret.value" in {field.purpose for field in sealed_fields()}


# --- the master keys ---


def test_the_file_of_keys_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "master.keys"
    keyring = load_keyring("", path)
    assert list(keyring) == [1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keyring("", path) == keyring
    assert [entry.name for entry in path.parent.iterdir()] == ["master.keys"]


def test_keys_others_can_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    load_keyring("", path)
    path.chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        load_keyring("", path)


def test_a_new_key_comes_first_and_changes_nothing_derived(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    before = load_keyring("", path)
    assert add_key(path) == 2
    after = load_keyring("", path)
    assert list(after) == [2, 1]
    assert derive(after, "django") == derive(before, "django")


def test_the_command_adds_a_key(tmp_path: Path, settings: Settings) -> None:
    settings.MAIL_MASTER_KEYS, settings.MAIL_KEY_FILE = "", tmp_path / "master.keys"
    load_keyring("", settings.MAIL_KEY_FILE)
    out = StringIO()
    call_command("rotate_keys", "--add", stdout=out)
    assert out.getvalue().startswith("added key 2")
    settings.MAIL_MASTER_KEYS = "1:..."
    with pytest.raises(CommandError, match="MAIL_MASTER_KEYS is set"):
        call_command("rotate_keys", "--add")


GOOD = base64.b64encode(OLD).decode()


@pytest.mark.parametrize(
    "value",
    ["", " , ", "1", f"x:{GOOD}", f"0:{GOOD}", f"32768:{GOOD}", "1:AAAA", "1:???", f"1:{GOOD},1:{GOOD}"],
)
def test_a_keyring_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(SettingError, match="MAIL_MASTER_KEYS"):
        parse_keyring(value, "MAIL_MASTER_KEYS")
