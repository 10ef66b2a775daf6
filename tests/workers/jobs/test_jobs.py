"""Every job has its task, and chores do not stand in each other's way."""

import time
import uuid

import pytest
import redis
from django.conf import settings

from apps.events.valkey import sync_client
from apps.events.wake import QUEUES, Job
from apps.mailflow.run_queue import Turn
from mailplatform.celery import app
from workers.jobs.deliver import deliver_local_due, deliver_remote_due
from workers.jobs.housekeeping import CHORES, Chore, housekeeping_due, keep_house
from workers.jobs.learn import learn_due
from workers.jobs.people import people_due


def turn(seconds: float = 30) -> Turn:
    return Turn(time.monotonic, time.monotonic() + seconds, lambda: False)


@pytest.mark.parametrize("job", Job)
def test_every_job_names_a_real_task(job: Job) -> None:
    app.loader.import_default_modules()
    assert job.value in app.tasks
    assert job in QUEUES
    assert job.value in app.conf.beat_schedule


@pytest.mark.usefixtures("real_database")
def test_every_task_runs_when_nothing_is_due() -> None:
    sync_client().delete(*(f"chore:{chore.name}" for chore in CHORES))
    deliver_local_due()
    deliver_remote_due()
    people_due()
    learn_due()
    housekeeping_due()


@pytest.mark.usefixtures("real_database")
def test_every_chore_works() -> None:
    # Under names of their own: another test process may have claimed the real ones just now.
    chores = tuple(chore._replace(name=f"{chore.name} {uuid.uuid4().hex}") for chore in CHORES)
    assert keep_house(chores, sync_client(), turn()) == [chore.name for chore in chores]


@pytest.mark.usefixtures("real_database")
def test_a_chore_that_fails_does_not_stop_the_next_and_waits_its_interval() -> None:
    name = uuid.uuid4().hex
    done: list[str] = []

    def fail(_: Turn) -> None:
        raise ZeroDivisionError

    chores = (Chore(f"{name} bad", 60, fail), Chore(f"{name} good", 60, lambda _: done.append(name)))
    assert keep_house(chores, sync_client(), turn()) == [f"{name} good"]
    assert keep_house(chores, sync_client(), turn()) == []
    assert done == [name]


@pytest.mark.usefixtures("real_database")
def test_no_chore_is_begun_when_the_turn_is_over() -> None:
    chores = (Chore(uuid.uuid4().hex, 60, lambda _: None),)
    assert keep_house(chores, sync_client(), turn(-1)) == []
    assert keep_house(chores, sync_client(), turn()) == [chores[0].name]


@pytest.mark.usefixtures("real_database")
def test_chores_are_done_when_valkey_is_away() -> None:
    away = redis.Redis.from_url(f"unix://{settings.MAIL_STATE_DIR}/no-such.sock")
    assert keep_house((Chore("any", 60, lambda _: None),), away, turn()) == ["any"]
