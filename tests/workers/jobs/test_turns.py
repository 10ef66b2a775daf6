"""A lane takes so many at once, and whoever finds it full is not forgotten."""

import threading

import pytest

from workers.jobs.turns import Lane


def test_one_after_the_other() -> None:
    lane, done = Lane(1), list[int]()
    lane.run(lambda: done.append(1))
    lane.run(lambda: done.append(2))
    assert done == [1, 2]


def test_who_finds_it_full_leaves_the_work_to_who_is_in_it() -> None:
    lane, is_in, may_leave = Lane(1), threading.Event(), threading.Event()
    looks = list[int]()

    def look() -> None:
        looks.append(1)
        is_in.set()
        may_leave.wait(10)

    first = threading.Thread(target=lane.run, args=(look,))
    first.start()
    assert is_in.wait(10)
    for _ in range(3):
        lane.run(look)  # Comes back at once.
    assert len(looks) == 1
    may_leave.set()
    first.join(10)
    assert len(looks) == 2


def test_two_places() -> None:
    lane, both = Lane(2), threading.Barrier(2)
    threads = [threading.Thread(target=lane.run, args=(lambda: both.wait(10),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken


def test_an_error_gives_the_place_back() -> None:
    lane, done = Lane(1), list[int]()
    with pytest.raises(ZeroDivisionError):
        lane.run(lambda: 1 // 0)
    lane.run(lambda: done.append(1))
    assert done == [1]
