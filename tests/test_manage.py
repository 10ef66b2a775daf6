"""The command line answers a bad setting or an absent database in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MAIL_SMTP_PORT", "many", "MAIL_SMTP_PORT"),
        ("MAIL_STATE_DIR", "/proc/nowhere", "MAIL_STATE_DIR"),
        ("DATABASE_URL", "postgresql://alice:hunter2@[::1/mail", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://alice:hunter2@127.0.0.1:1/mail?colour=red", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://alice:hunter2@127.0.0.1:1/mail", "the database does not answer"),
        # The server's own database: other tests make tables in ours.
        ("DATABASE_URL", os.environ["DATABASE_URL"].replace("/mailplatform?", "/postgres?"), "no tables yet"),
    ],
)
def test_one_line_says_why_not(name: str, value: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "user", "list"],
        cwd=ROOT,
        env=os.environ | {name: value, "DJANGO_SETTINGS_MODULE": "mailplatform.settings.production"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert "hunter2" not in line
