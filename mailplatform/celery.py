"""Celery: the app, its queues, and the beat that is the net under lost wake-ups."""

import os
import pkgutil
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery, signals
from celery.exceptions import SecurityWarning
from django.conf import settings

from apps.events.wake import QUEUES

BEAT_SECONDS = 5

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")


def broker_url(url: str) -> str:
    """Return REDIS_URL as Celery wants it: a Unix socket has a scheme of its own there."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def task_modules() -> list[str]:
    """Return the modules that define tasks: those of workers/jobs."""
    directory = Path(__file__).parents[1] / "workers" / "jobs"
    return [
        f"workers.jobs.{module.name}"
        for module in pkgutil.iter_modules([str(directory)])
        if not module.name.startswith("_")
    ]


# It warns root of pickles; our tasks are JSON without arguments.
warnings.simplefilter("ignore", SecurityWarning)

app = Celery("mailplatform", set_as_current=True)
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 10, "socket_connect_timeout": 2},
    imports=task_modules(),
    task_default_queue="default",
    task_routes={job.value: {"queue": queue} for job, queue in QUEUES.items()},
    # Early: PostgreSQL's leases decide what is done, and a task that came twice would only look twice.
    task_acks_late=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    result_backend=None,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    beat_schedule={
        job.value: {
            "task": job.value,
            "schedule": BEAT_SECONDS,
            # A wake-up nobody took in time is worth nothing: the next is under way.
            "options": {"queue": queue, "expires": 2 * BEAT_SECONDS},
        }
        for job, queue in QUEUES.items()
    },
)


@signals.setup_logging.connect
def _log_our_way(**_: Any) -> None:
    from mailplatform import logging

    logging.configure(os.environ.get("MAIL_PROCESS", "celery"))


def answer_health(**_: Any) -> None:
    """Answer /livez, /readyz and /metrics, where this process was given a port for it."""
    if settings.MAIL_HEALTH_PORT:
        from workers import health

        health.serve_in_thread(settings.MAIL_HEALTH_PORT)


signals.worker_ready.connect(answer_health)
