"""The browser of the tests that look at pages: Debian's Chromium, which `tools/bootstrap browser` installs."""

import os
import shutil
import warnings
from typing import NoReturn

import pytest


def find_chromium() -> str:
    """Return its program; without one the test is skipped and says so, and fails where CI=true."""
    found = shutil.which("chromium")
    if not found:
        lacking("Chromium is not installed (tools/bootstrap browser): pages are not looked at in a browser")
    return found


def lacking(reason: str) -> NoReturn:
    """Skip a test that lacks what it needs, and say so; it fails where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=3)
    pytest.skip(reason)
