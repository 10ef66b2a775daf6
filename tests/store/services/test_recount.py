"""Once a day every mailbox is counted from its messages, while mail goes on."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from apps.events.transactions import perform
from apps.mailboxes.models import Usage
from apps.store.partitions import PARTITIONS
from apps.store.services import keeping, messages
from apps.store.sql import keeping as sql
from tests.store.mail import Box, a_box, a_message, picture, put, usage


def wrong(box: Box) -> bool:
    said, held = perform(usage(box.mailbox_id))
    return bool(said != held)


def recount_all() -> int:
    return sum(keeping.recount(partition) for partition in range(PARTITIONS))


def spoil(box: Box) -> None:
    Usage.objects.filter(mailbox_id=box.mailbox_id).update(bytes=7, messages=1)


@pytest.mark.django_db
@pytest.mark.usefixtures("an_empty_store")
def test_what_is_wrong_is_put_right_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    alice, bob, mallory = a_box("alice"), a_box("bob"), a_box("mallory")
    put(*(a_message(box) for box in (alice, alice, bob)))
    perform(messages.copy(alice["INBOX"], alice["Archive"], [(1, 1)]))
    assert recount_all() == 0
    spoil(alice)
    spoil(mallory)
    Usage.objects.filter(mailbox_id=bob.mailbox_id).delete()
    assert recount_all() == 3
    assert not any(map(wrong, (alice, bob, mallory)))
    assert [record.__dict__["mailbox"] for record in caplog.records if record.message == "usage was wrong"]
    assert recount_all() == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("an_empty_store")
def test_it_stops_when_told() -> None:
    alice = a_box()
    put(a_message(alice))
    spoil(alice)
    assert sum(keeping.recount(partition, lambda: False) for partition in range(PARTITIONS)) == 0
    assert wrong(alice)


def aside(do: Callable[[], object]) -> threading.Thread:
    """Do something on a connection of its own."""

    def run() -> None:
        try:
            do()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.usefixtures("real_database")
def test_mail_that_is_being_filed_is_counted_once() -> None:
    alice = a_box()
    put(a_message(alice))
    spoil(alice)
    with transaction.atomic():
        put(a_message(alice))
        mending = aside(lambda: perform(keeping._mend(alice.mailbox_id)))
        mending.join(0.3)
        assert mending.is_alive()
    mending.join(10)
    assert not wrong(alice)


@pytest.mark.slow
@pytest.mark.usefixtures("real_database")
def test_mail_that_comes_during_the_count_is_counted_once() -> None:
    alice = a_box()
    put(a_message(alice))
    spoil(alice)
    with transaction.atomic():
        perform(keeping._mend(alice.mailbox_id))
        filing = aside(lambda: put(a_message(alice)))
        filing.join(0.3)
        assert filing.is_alive()
    filing.join(10)
    assert len(picture(alice, "INBOX")) == 2


@pytest.mark.usefixtures("real_database")
def test_a_busy_mailbox_is_never_found_wrong() -> None:
    alice = a_box()
    over = threading.Event()

    def fill() -> None:
        while not over.is_set():
            put(a_message(alice))

    filling = aside(fill)
    with connection.cursor() as cursor:
        for _ in range(20):
            for partition in range(PARTITIONS):
                cursor.execute(sql.miscounted(partition, PARTITIONS))
                assert alice.mailbox_id not in {row[0] for row in cursor.fetchall()}
    over.set()
    filling.join(10)
    assert not wrong(alice)
