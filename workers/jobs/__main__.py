"""A Celery worker: `python -m workers.jobs local,remote,default --threads 4 --beat`, or `scan --children 2`.

Threads for what waits for others, children for what computes: of the queue `scan`, whose rules and models are loaded before
there are children, so that these share their memory.

The same worker as `celery worker` starts, without that command's other commands, which take 8 MB of every
process. The worker that is given `--beat` runs the schedule on a thread of its own; `python -m workers.jobs beat`
runs it alone. Two that run by mistake are harmless: a task that comes twice looks twice.
"""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
from typing import Any

import django
from celery import signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
# Celery would have Django check everything, for which each worker loads all pages and the API: half of its start.
os.environ["CELERY_SKIP_CHECKS"] = "1"

log = logging.getLogger(__name__)


def main() -> int:
    """Work until SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(description="A Celery worker of the platform.")
    parser.add_argument("queues", help="the queues to take tasks from, comma-separated")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--children", type=int, default=0, help="work in so many processes instead of threads"
    )
    parser.add_argument("--beat", action="store_true", help="also run the schedule")
    options = parser.parse_args()
    django.setup()
    if options.queues == "beat":
        return run_beat()
    from mailplatform.celery import app

    if options.queues == "scan":
        app.conf.imports = [
            "workers.jobs.scan"
        ]  # What other tasks load would cost each of its processes memory.
    from . import scan

    scan.begin(options.queues)
    if options.children:
        load_before_forking()
    worker: Any = app.Worker(
        hostname=f"{options.queues.replace(',', '-')}@{os.uname().nodename}",
        queues=options.queues,
        pool_cls="prefork" if options.children else "threads",
        concurrency=options.children or options.threads,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    if options.beat:
        signals.worker_ready.connect(start_beat, weak=False)
    worker.start()
    return int(worker.exitcode or 0)


def load_before_forking() -> None:
    """Load what judging needs, and hand no connection down to the children."""
    from django.db import connections

    from apps.mailflow import filtering

    filtering.warm_up()
    connections.close_all()
    gc.collect()
    # The collector writes into every object it looks at, and what is written to is shared no more.
    gc.freeze()


def run_beat() -> int:
    """Run nothing but the schedule until SIGTERM."""
    from celery.beat import Scheduler, Service

    from mailplatform import logging as our_logging
    from mailplatform.celery import answer_health, app

    our_logging.configure(os.environ.get("MAIL_PROCESS", "beat"))
    service = Service(app, max_interval=1, scheduler_cls=Scheduler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    answer_health()
    log.info("running the schedule")
    service.start()
    log.info("stopped")
    return 0


def start_beat(**_: Any) -> None:
    """Run the schedule on a thread; without it this process is not whole, so its end ends the process."""
    from celery.beat import Scheduler, Service

    from mailplatform.celery import app

    def beat() -> None:
        try:
            # It wakes each second to see whether it is told to stop.
            Service(app, max_interval=1, scheduler_cls=Scheduler).start()
        except Exception:
            log.exception("beat ended; so does this process")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=beat, name="beat", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
