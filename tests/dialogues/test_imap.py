"""Every conversation of imap/, played against a live listener."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from apps.accounts.services.credentials import add_app_password
from apps.events.audit import SYSTEM
from tests import factories
from tests.accounts.signing import with_totp
from tests.workers.imap.live import PASSWORD, Live, an_imap_listener, committing
from tests.workers.listener import trust

from .player import play

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
_django_db_helper = committing
DIALOGUES = sorted((Path(__file__).parent / "imap").glob("*.txt"))


@pytest.fixture(scope="module")
def imap(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Live]:
    with django_db_blocker.unblock(), an_imap_listener(MAIL_MAX_MESSAGE_BYTES="200000") as live:
        yield live


@pytest.fixture(scope="module")
def strict(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Live]:
    with django_db_blocker.unblock(), an_imap_listener(MAIL_PLAINTEXT_AUTH="0") as live:
        yield live


def encoded(*words: str) -> str:
    return base64.b64encode("\0".join(words).encode()).decode()


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_it_goes_as_written(path: Path, imap: Live, strict: Live, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        alice = str(factories.a_mailbox("alice", password=PASSWORD))
        fiona = factories.a_mailbox("fiona", password=PASSWORD).owner
        assert fiona is not None
        with_totp(fiona)
        made = add_app_password(user=fiona, label="phone", actor=SYSTEM)
    words = {
        "alice": alice,
        "password": PASSWORD,
        "fiona": fiona.address,
        "fiona_plain": encoded("", fiona.address, PASSWORD),
        "fiona_wrong": encoded("", fiona.address, "wrong"),
        "app_password": made.secret,
        "plain": encoded("", alice, PASSWORD),
        "plain_wrong": encoded("", alice, "wrong"),
        "plain_for_another": encoded("bob@example.test", alice, PASSWORD),
        "user64": encoded(alice),
        "password64": encoded(PASSWORD),
    }
    play(path, {"imap": imap.imap, "imaps": imap.imaps, "strict": strict.imap}, words, trust())
