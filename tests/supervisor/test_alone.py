"""One process without the supervisor: what is wrong is one line and a code, what is late is waited for."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from mailplatform.settings import registry
from mailplatform.settings.registry import SettingError
from workers.supervisor import alone
from workers.supervisor.errors import CannotStart

ROOT = Path(__file__).parents[2]


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.supervisor.alone", *words],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mailplatform.settings.production", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_setting_that_cannot_work_is_one_line(tmp_path: Path) -> None:
    done = run("imap", MAIL_IMAP_PORT="x")
    assert (done.returncode, done.stderr.count("\n")) == (alone.MISCONFIGURED, 1)
    assert "MAIL_IMAP_PORT" in done.stderr
    done = run("imap", DATABASE_URL_FILE=str(tmp_path / "none"), DATABASE_URL="")
    assert (done.returncode, done.stderr.count("\n")) == (alone.MISCONFIGURED, 1)
    assert "DATABASE_URL_FILE" in done.stderr


def test_a_server_that_does_not_come_is_given_up(tmp_path: Path) -> None:
    done = run(
        "imap",
        MAIL_WAIT_SECONDS="0",
        DATABASE_URL="postgresql://x@127.0.0.1:1/x",
        MAIL_STATE_DIR=str(tmp_path),
    )
    assert (done.returncode, done.stderr.count("\n")) == (alone.UNAVAILABLE, 1)
    assert "DATABASE_URL" in done.stderr
    # The certificate was made meanwhile, for there was none.
    assert (tmp_path / "tls" / "server.pem").exists()


def test_it_needs_servers(settings: Settings) -> None:
    settings.EMBEDDED_VALKEY = True
    with pytest.raises(CannotStart, match="REDIS_URL"):
        alone.check("imap")
    settings.DATABASE_URL = ""
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        alone.check("imap")


def test_what_is_late_is_waited_for() -> None:
    asked = []

    def late() -> None:
        asked.append(1)
        if len(asked) < 2:
            raise CannotStart("not yet")

    alone.until(time.monotonic() + 10, late)
    assert len(asked) == 2


@pytest.mark.django_db
def test_a_database_with_its_tables_is_ready() -> None:
    alone.migrated()


@pytest.mark.django_db
def test_a_database_without_is_not() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'queue'")
    with pytest.raises(CannotStart, match="run `migrate` first"):
        alone.migrated()


def test_a_secret_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "SETTINGS", {})
    monkeypatch.delenv("GIVEN", raising=False)
    (tmp_path / "given").write_text("whisper\n")
    monkeypatch.setenv("GIVEN_FILE", str(tmp_path / "given"))
    assert registry.secret("GIVEN", "", "Text.") == "whisper"
    assert set(registry.SETTINGS) == {"GIVEN", "GIVEN_FILE"}
    monkeypatch.setenv("GIVEN", "said")
    assert registry.secret("GIVEN", "", "Text.") == "said"
    monkeypatch.delenv("GIVEN")
    monkeypatch.setenv("GIVEN_FILE", str(tmp_path))
    with pytest.raises(SettingError, match="GIVEN_FILE"):
        registry.secret("GIVEN", "", "Text.")
