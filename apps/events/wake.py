"""Wake a worker: there is work in the database.

A wake-up is a hint. It is coalesced by a key that lives for a second; the task deletes the key before it
looks, so work that arrives while it looks wakes it again. The beat schedule is the net below.
"""

import asyncio
import enum
import logging
import time
from collections.abc import Iterable

import redis
import redis.asyncio
from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

COALESCE_MS = 1000
REMEMBERED_SECONDS = 7 * 24 * 3600


class Job(enum.StrEnum):
    """Every job there is; the value is the name of its Celery task."""

    DELIVER_LOCAL = "workers.jobs.deliver.deliver_local_due"
    DELIVER_REMOTE = "workers.jobs.deliver.deliver_remote_due"
    RELEASE = "workers.jobs.deliver.release_due"
    PEOPLE = "workers.jobs.people.people_due"
    LEARN = "workers.jobs.learn.learn_due"
    REPORTS = "workers.jobs.reports.reports_due"
    HOUSEKEEPING = "workers.jobs.housekeeping.housekeeping_due"
    CERTIFICATES = "workers.jobs.certificates.certificates_due"


QUEUES = {
    Job.DELIVER_LOCAL: "local",
    Job.DELIVER_REMOTE: "remote",
    Job.RELEASE: "default",
    Job.PEOPLE: "default",
    Job.LEARN: "default",
    Job.REPORTS: "default",
    Job.HOUSEKEEPING: "default",
    Job.CERTIFICATES: "default",
}


def _key(job: Job) -> str:
    return f"wake:{job}"


def _looked(job: Job) -> str:
    return f"looked:{job}"


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
    """Say, first thing in a task, that it looks now, so that later work wakes it again, and people see it alive."""
    try:
        with client.pipeline(transaction=False) as both:
            both.delete(_key(job))
            both.set(_looked(job), int(time.time()), ex=REMEMBERED_SECONDS)
            both.execute()
    except redis.exceptions.RedisError as error:
        log.warning("wake key not deleted", extra={"job": job.value, "error": str(error)})


def looked(client: redis.Redis) -> dict[Job, float | None]:
    """Return how many seconds ago each job last looked; None where nobody remembers."""
    try:
        said = client.mget([_looked(job) for job in Job])
    except redis.exceptions.RedisError:
        return dict.fromkeys(Job)
    now = time.time()
    return {job: max(0.0, now - int(at)) if at else None for job, at in zip(Job, said, strict=True)}
