"""What judging mail takes is loaded by who judges: not by doors, and not by workers before they do."""

import os
import subprocess
import sys

import pytest

from tests.workers.listener import ROOT

SCRIPT = """
import sys, django
django.setup()
import {module}
print(*(name for name in {heavy!r} if name in sys.modules))
"""
HEAVY = (
    "apps.spam.judging",
    "apps.spam.sources",
    "apps.spam.learning",
    "apps.spam.content",
    "re2",
    "oletools",
    "sklearn",
)


@pytest.mark.parametrize("module", ["workers.smtp.doors", "workers.imap.server", "workers.jobs.deliver"])
def test_it_is_light(module: str) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "mailplatform.settings.test"}
    script = SCRIPT.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
