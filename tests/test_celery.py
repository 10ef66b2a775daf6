"""Celery reaches the configured server, and beat is a net below every job."""

import pytest

from apps.events.wake import QUEUES, Job
from mailplatform.celery import app, broker_url


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"),
        ("rediss://user:secret@valkey.example.test/0", "rediss://user:secret@valkey.example.test/0"),
        ("unix:///srv/mail/valkey.sock?db=2", "redis+socket:///srv/mail/valkey.sock?virtual_host=2"),
        ("unix:///srv/mail/valkey.sock", "redis+socket:///srv/mail/valkey.sock?virtual_host=0"),
    ],
)
def test_the_broker_is_the_server_of_redis_url(ours: str, celerys: str) -> None:
    assert broker_url(ours) == celerys


def test_every_job_is_a_task_in_a_queue_and_in_the_schedule() -> None:
    app.loader.import_default_modules()
    for job in Job:
        assert job.value in app.tasks
        entry = app.conf.beat_schedule[job.value]
        assert entry["options"]["queue"] == QUEUES[job]
        assert entry["options"]["expires"] > entry["schedule"]


def test_tasks_are_acknowledged_early_and_leave_no_results() -> None:
    assert not app.conf.task_acks_late
    assert app.conf.task_ignore_result
    assert app.conf.accept_content == ["json"]
