"""A line of the log is one JSON object that says which message it is about."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from apps.events.context import tracing
from mailplatform import logging as our_logging


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(settings, "MAIL_STATE_DIR", tmp_path)
    monkeypatch.setattr(settings, "MAIL_LOG_BYTES", 2000)
    root, hook = logging.getLogger(), sys.excepthook
    before = root.handlers[:], root.level
    root.handlers = []
    our_logging.configure("test")
    yield tmp_path / "log" / "test.log"
    for handler in root.handlers:
        handler.close()
    root.handlers, sys.excepthook = before[0], hook
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_works(log: Path) -> None:
    trace = uuid4()
    with tracing(trace):
        logging.getLogger("apps.queue").info("filed %d", 3, extra={"mailbox_id": 7})
    logging.getLogger("apps.queue").info("later")
    first, second = lines(log)
    assert first["event"] == "filed 3"
    assert first["mailbox_id"] == 7
    assert first["trace_id"] == str(trace)
    assert first["process_name"] == "test"
    assert first["level"] == "info"
    assert "trace_id" not in second


FAILING = """
import logging
from mailplatform import logging as ours
ours.configure("failing")
logging.getLogger("apps").info("quiet")
try:
    int("mallory")
except ValueError:
    logging.getLogger("apps").exception("could not")
raise RuntimeError("last words")
"""


def test_the_terminal_gets_a_readable_line_of_what_went_wrong(tmp_path: Path) -> None:
    env = {**os.environ, "MAIL_STATE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FAILING], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    first, last = done.stderr.splitlines()
    assert "could not" in first
    assert "ValueError: invalid literal" in first
    assert "RuntimeError: last words" in last
    written = lines(tmp_path / "log" / "failing.log")
    assert [line["event"] for line in written] == ["quiet", "could not", "ended by an error"]
    assert "Traceback" in str(written[1]["exception"])


def test_files_are_put_aside(log: Path) -> None:
    for number in range(100):
        logging.getLogger("apps").info("line %d of many", number)
    assert 1 < len(list(log.parent.iterdir())) <= settings.MAIL_LOG_FILES + 1
    assert log.stat().st_size <= 2000
