"""An import that is killed at any moment, and given again until it ends, files each message once."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from apps.store.models import Content
from tests.factories import a_mailbox
from tests.workers.listener import database_url

MESSAGES = 3000
KILLS = 8


@pytest.mark.slow
@pytest.mark.usefixtures("real_database")
def test_a_killed_import_neither_loses_nor_doubles(tmp_path: Path) -> None:
    alice = a_mailbox("alice")
    path = tmp_path / "mail.mbox"
    path.write_bytes(
        b"".join(
            b"From bob@example.test Tue Nov 24 10:00:00 2026\nSubject: %d\n\n%b\n\n" % (n, b"x" * (n % 5000))
            for n in range(MESSAGES)
        )
    )
    command = [
        sys.executable,
        "manage.py",
        "import_mail",
        "--no-progress",
        "--mailbox",
        str(alice),
        str(path),
    ]
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test",
    }
    dice = random.Random(7)
    killed = 0
    for turn in range(100):
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        if killed < KILLS:
            before, start = _count(alice.pk), time.monotonic()
            # Wait until it files, so that the blow falls among the batches.
            while process.poll() is None and _count(alice.pk) == before and time.monotonic() - start < 20:
                time.sleep(0.005)
            time.sleep(dice.random() * 0.1)
            process.kill()
            killed += 1
        _, errors = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -9 or b"another import" in errors, errors
        time.sleep(0.2 if turn else 0)
    assert process.returncode == 0
    subjects = Counter(Content.objects.filter(mailbox_id=alice.pk).values_list("subject", flat=True))
    assert subjects == {str(n): 1 for n in range(MESSAGES)}


def _count(mailbox_id: int) -> int:
    return Content.objects.filter(mailbox_id=mailbox_id).count()
