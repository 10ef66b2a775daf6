"""A setting that cannot work is named in one line, and nothing is started."""

import datetime as dt
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.supervisor.system import ROOT, environment
from workers.supervisor import preflight
from workers.supervisor.certificates import ensure_certificates

pytestmark = pytest.mark.slow


def refusal(state: Path, **settings: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "workers.supervisor"],
        cwd=ROOT,
        env=environment(state, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_IMAP_PORT", "many"),
        ("MAIL_SMTP_PORT", "70000"),
        ("MAIL_LOG_LEVEL", "LOUD"),
        ("MAIL_PLAINTEXT_AUTH", "perhaps"),
        ("MAIL_MASTER_KEYS", "1:short"),
        ("MAIL_BIND", "192.0.2.1"),
        ("MAIL_WEB_BIND", "192.0.2.1"),
        ("MAIL_TRUSTED_PROXIES", "proxy.example.org"),
        ("MAIL_TLS_KEY", "/etc/passwd"),
        ("DATABASE_URL", "mysql://alice@localhost/mail"),
        ("DATABASE_URL", "postgresql://alice:hunter2@127.0.0.1:1/mail"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "http://127.0.0.1/"),
        ("DATABASE_URL", "postgresql://alice:hunter2/1@127.0.0.1:1/mail"),
        ("DATABASE_URL", "postgresql://alice:hunter2@[::1/mail"),
        ("DATABASE_URL", "postgresql://alice:hunter2@h\u2100st/mail"),
        ("REDIS_URL", "redis://:hunter2/1@127.0.0.1:1/0"),
        ("REDIS_URL", "redis://:hunter2@[::1/0"),
        ("MAIL_STATE_DIR", "/proc/nowhere"),
        ("MAIL_STATE_DIR", "/etc/passwd"),
        ("MAIL_HEALTH_PORT_BASE", "65535"),
        ("MAIL_HOSTNAME", "two words"),
        ("MAIL_ROUTES", "example.org"),
        ("MAIL_DNS_SERVERS", "one.example"),
        ("MAIL_SMTP_TIMEOUT", "0"),
    ],
)
def test_a_bad_value(tmp_path: Path, name: str, value: str) -> None:
    line = refusal(tmp_path, **{name: value})
    assert name in line
    assert "hunter2" not in line


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = refusal(tmp_path, MAIL_IMAPS_PORT=str(taken.getsockname()[1]))
    assert "MAIL_IMAPS_PORT" in line
    assert "taken" in line


def test_one_port_for_two_doors(tmp_path: Path) -> None:
    assert "MAIL_SUBMISSION_PORT" in refusal(tmp_path, MAIL_SMTP_PORT="14321", MAIL_SUBMISSION_PORT="14321")


def test_a_directory_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "MAIL_STATE_DIR" in refusal(tmp_path / "file" / "state")


def test_a_directory_without_permission(tmp_path: Path) -> None:
    """As root, who may write anywhere, it is tried as somebody else."""
    code = "import runpy; runpy.run_module('workers.supervisor', run_name='__main__')"
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:
        code = f"import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); {code}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "MAIL_STATE_DIR" not in done.stderr and os.geteuid() == 0:
        pytest.skip("the checkout itself cannot be read by another user")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "MAIL_STATE_DIR" in line


def test_a_certificate_that_cannot_be_used_is_warned_of_and_mail_flows(
    tmp_path: Path, settings: LazySettings
) -> None:
    ensure_certificates(tmp_path, ["localhost"], dt.datetime.now(dt.UTC))
    settings.MAIL_TLS_CERTIFICATE = str(tmp_path / "server.pem")
    settings.MAIL_TLS_KEY = str(tmp_path / "server.key")
    assert preflight.warnings() == []
    settings.MAIL_TLS_KEY = str(tmp_path / "ca.key")
    [line] = preflight.warnings()
    assert line.startswith("MAIL_TLS_KEY: ")
    assert line.endswith("shown instead")
    settings.MAIL_TLS_CERTIFICATE = str(tmp_path / "none")
    [line] = preflight.warnings()
    assert "none cannot be read" in line


def test_a_web_port_open_without_tls_is_warned_of(settings: LazySettings) -> None:
    assert preflight.warnings() == []
    settings.MAIL_WEB_BIND = "127.0.0.1,0.0.0.0"
    [line] = preflight.warnings()
    assert line.startswith("MAIL_WEB_BIND: ")
    settings.MAIL_PLAINTEXT_AUTH = True
    [line] = preflight.warnings()
    assert line.startswith("MAIL_PLAINTEXT_AUTH: ")
    settings.MAIL_WEB_TLS = True
    assert preflight.warnings() == []
    settings.MAIL_WEB_TLS, settings.MAIL_TRUSTED_PROXIES = False, ["192.0.2.1"]
    assert preflight.warnings() == []
