"""The browser of the tests that look at pages: Debian's Chromium, which `tools/bootstrap browser` installs."""

import os
import shutil
import warnings

import pytest


def find_chromium() -> str:
    """Return its program; without one the test is skipped and says so, and fails where CI=true."""
    if found := shutil.which("chromium"):
        return found
    reason = "Chromium is not installed (tools/bootstrap browser): pages are not looked at in a browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)
