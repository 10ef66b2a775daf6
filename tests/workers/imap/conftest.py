"""The listener all IMAP tests talk to; each test that writes has a mailbox of its own."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests import factories

from .live import PASSWORD, Live, an_imap_listener, committing

_django_db_helper = committing


@pytest.fixture(scope="session")
def imap(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Live]:
    """Run one listener."""
    with django_db_blocker.unblock(), an_imap_listener(MAIL_MAX_MESSAGE_BYTES="200000") as live:
        yield live


@pytest.fixture
def alice(db: None) -> str:
    """Return the address of a user with a new, empty mailbox."""
    return str(factories.a_mailbox("alice", password=PASSWORD))
