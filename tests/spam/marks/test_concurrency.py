"""Two learners at once, and one that dies."""

import threading

import pytest
from django.db import connection

from apps.events.transactions import Plan, perform
from apps.spam.marks import learning
from apps.spam.marks.values import Learnt
from apps.store.values import FolderRef

from .people import WORDS, a_person, agrees, total

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]


class DiesError(Exception):
    """The process is gone."""


def dying(plan: Plan[Learnt | None], after: int) -> Plan[Learnt | None]:
    """Perform some steps of a plan."""
    rows = None
    while True:
        try:
            step = plan.send(rows)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        if after == 0:
            raise DiesError
        after -= 1
        rows = yield step


@pytest.mark.parametrize("after", range(10))
def test_who_dies_at_any_step_doubles_nothing(after: int) -> None:
    alice = a_person()
    alice.junk("cheap pills", "cheap watches")
    folder = alice.box["Junk"]
    try:
        perform(dying(learning.learn(folder, WORDS), after))
    except DiesError:
        assert total(alice.scope) == (0, 0)
    perform(learning.learn(folder, WORDS))
    assert total(alice.scope) == (2, 0)
    assert agrees(alice.scope)


def test_two_learners_at_once_count_each_mark_once() -> None:
    alice = a_person()
    alice.junk(*(f"cheap number{n}" for n in range(150)))
    alice.keep(*(f"lunch number{n}" for n in range(150)))
    folders = [alice.box[name] for name in ("Junk", "INBOX")]
    errors: list[BaseException] = []

    def work(mine: list[FolderRef]) -> None:
        try:
            for _ in range(6):
                for folder in mine:
                    perform(learning.learn(folder, WORDS))
        except BaseException as error:  # noqa: BLE001 - told by the test.
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(order,)) for order in (folders, folders[::-1], folders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for folder in folders:
        for _ in range(3):
            perform(learning.learn(folder, WORDS))
    assert errors == []
    assert total(alice.scope) == (150, 150)
    assert agrees(alice.scope)


def test_who_comes_second_leaves_it_to_the_first() -> None:
    alice = a_person()
    alice.junk("cheap")
    folder = alice.box["Junk"]
    plan = learning.learn(folder, WORDS)
    seen: list[Learnt | None] = []

    def meanwhile() -> None:
        seen.append(perform(learning.learn(folder, WORDS)))
        connection.close()

    def first() -> Plan[Learnt | None]:
        rows = yield plan.send(None)
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join()
        while True:
            try:
                rows = yield plan.send(rows)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]

    learnt = perform(first())
    assert learnt is not None
    assert learnt.learned == 1
    assert seen == [None]
