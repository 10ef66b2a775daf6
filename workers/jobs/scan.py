"""The task that judges mail while who brought it waits; the only one with arguments, for its work is in no table yet."""

from celery import shared_task, signals

from apps.events.valkey import sync_client
from apps.mailflow import scanning
from apps.mailflow.scan import QUEUE, TASK
from apps.mailflow.scanning import Heartbeat

_beating: list[Heartbeat] = []


@shared_task(name=TASK)
def scan(keys: list[str]) -> None:
    """Judge the messages of these keys."""
    scanning.scan(sync_client(), keys)


def begin(queues: str) -> None:
    """Say that this process judges, once it takes tasks, if it does."""
    if QUEUE in queues.split(","):
        _beating.append(Heartbeat(sync_client()))
        signals.worker_ready.connect(_beat, weak=False)
        signals.worker_shutting_down.connect(_stop, weak=False)


def _beat(**_: object) -> None:
    for one in _beating:
        one.start()


def _stop(**_: object) -> None:
    for one in _beating:
        one.stop()
