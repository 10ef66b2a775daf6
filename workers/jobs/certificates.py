"""The task that has certificates renewed: by a process that ends, and gives the memory of its libraries back."""

import logging
import subprocess
import sys

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.domains.acme import wishes
from apps.events.valkey import sync_client
from apps.events.wake import Job, looking

from .turns import Lane, turn

log = logging.getLogger(__name__)

CERTIFICATES = Lane(1)
LOOK_SECONDS = 600
SECONDS = 600.0


@shared_task(name=Job.CERTIFICATES.value)
def certificates_due() -> None:
    """Ask the authority for what is due."""
    CERTIFICATES.run(_renew)


def _renew() -> None:
    valkey = sync_client()
    looking(valkey, Job.CERTIFICATES)
    if not settings.MAIL_ACME_DIRECTORY:
        return
    # Names that domains gained are looked for every ten minutes, what is due at once.
    if not valkey.set("chore:certificates", 1, nx=True, ex=LOOK_SECONDS) and not wishes.due(timezone.now()):
        return
    connection.close()
    during = turn(SECONDS)
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "certificate", "renew", "--due"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while during.may_claim():
        try:
            if code := process.wait(0.5):
                log.warning("certificates not renewed", extra={"status": code})
        except subprocess.TimeoutExpired:
            continue
        return
    process.terminate()
    process.wait()
