"""Wake a worker: there is work in the database.

A wake-up is a hint. It is coalesced by a key that lives for a second; the task deletes the key before it
looks, so work that arrives while it looks wakes it again. The beat schedule is the net below.
"""

import asyncio
import enum
import logging
from collections.abc import Iterable

import redis
import redis.asyncio
from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

COALESCE_MS = 1000


class Job(enum.StrEnum):
    """Every job there is; the value is the name of its Celery task."""

    DELIVER_LOCAL = "workers.jobs.deliver.deliver_local_due"
    DELIVER_REMOTE = "workers.jobs.deliver.deliver_remote_due"
    RELEASE = "workers.jobs.deliver.release_due"
    HOUSEKEEPING = "workers.jobs.housekeeping.housekeeping_due"


QUEUES = {
    Job.DELIVER_LOCAL: "local",
    Job.DELIVER_REMOTE: "remote",
    Job.RELEASE: "default",
    Job.HOUSEKEEPING: "default",
}


def _key(job: Job) -> str:
    return f"wake:{job}"


def _send(job: Job) -> None:
    current_app.send_task(job.value, queue=QUEUES[job], ignore_result=True, retry=False)


def wake(client: redis.Redis, jobs: Iterable[Job]) -> None:
    """Wake the workers of these jobs; call it after COMMIT. A lost wake-up costs one beat interval."""
    for job in set(jobs):
        try:
            if client.set(_key(job), 1, nx=True, px=COALESCE_MS):
                _send(job)
        except (redis.exceptions.RedisError, OperationalError) as error:
            log.warning("wake-up lost", extra={"job": job.value, "error": str(error)})


async def wake_async(client: redis.asyncio.Redis, jobs: Iterable[Job]) -> None:
    """Do the same from a listener's loop; publishing blocks, so it happens in a thread."""
    for job in set(jobs):
        try:
            if await client.set(_key(job), 1, nx=True, px=COALESCE_MS):
                await asyncio.to_thread(_send, job)
        except (redis.exceptions.RedisError, OperationalError) as error:
            log.warning("wake-up lost", extra={"job": job.value, "error": str(error)})


def looking(client: redis.Redis, job: Job) -> None:
    """Say, first thing in a task, that it looks now, so that later work wakes it again."""
    try:
        client.delete(_key(job))
    except redis.exceptions.RedisError as error:
        log.warning("wake key not deleted", extra={"job": job.value, "error": str(error)})
