"""Where state and sockets go."""

import os
from pathlib import Path

import pytest

from mailplatform.settings.state import SYSTEM_STATE, socket_path, state_directory


def test_it_is_var_of_the_checkout(tmp_path: Path) -> None:
    assert state_directory(tmp_path, embedded=False, namespaces=False) == tmp_path / "var"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to move")
def test_root_without_namespaces_keeps_it_where_another_user_can_get(tmp_path: Path) -> None:
    assert state_directory(tmp_path, embedded=True, namespaces=False) == SYSTEM_STATE


def test_what_was_decided_stays(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "state").write_text("/srv/mail\n")
    assert state_directory(tmp_path, embedded=True, namespaces=True) == Path("/srv/mail")


def test_mail_that_is_there_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "var" / "pg" / "data").mkdir(parents=True)
    assert state_directory(tmp_path, embedded=True, namespaces=False) == tmp_path / "var"


def test_a_socket_whose_path_is_too_long_lies_elsewhere() -> None:
    assert socket_path(Path("/srv/mail"), "s") == Path("/srv/mail/s")
    long = Path("/srv") / ("ü" * 52)  # 104 bytes: characters are not what counts.
    found = socket_path(long, "valkey.sock")
    assert found.name == "valkey.sock"
    assert len(os.fsencode(found)) <= 107
    assert found != socket_path(long / "other", "valkey.sock")
