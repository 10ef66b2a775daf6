"""What a connection that waits costs in memory."""

import re
import time
from pathlib import Path

import pytest

from apps.accounts.services.credentials import add_app_password
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.store import packing
from apps.store.values import FolderRef
from bench import filler
from tests import factories

from .live import PASSWORD, Live, Talk

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]
CLIENTS = 100
MOST_KB = 40
MESSAGES = 20_000


def private(pid: int) -> int:
    """Return the KB a process has for itself."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", text, re.MULTILINE))


def idler(live: Live, user: str, password: str) -> Talk:
    """Sign in over TLS, select INBOX and wait in IDLE."""
    talk = Talk(live.imaps)
    talk.starttls()
    talk.line()
    talk.ok(f'LOGIN {user} "{password}"')
    talk.ok("SELECT INBOX")
    talk.send(b"i IDLE\r\n")
    assert talk.line().startswith(b"+ ")
    return talk


def test_clients_that_wait_in_a_large_folder_are_small(imap: Live) -> None:
    """They come one after the other, so that each one's buffers could be laid where the last one's SELECT was."""
    mailbox = factories.a_mailbox("reader", password=PASSWORD)
    assert mailbox.owner is not None
    # To check an app password takes no memory that would be measured, and no time.
    word = add_app_password(user=mailbox.owner, label="phone", actor=SYSTEM).secret
    folder = perform(filler.fill(mailbox.pk, mailbox.domain.organisation_id, MESSAGES))
    packing.rebuild(FolderRef(mailbox.pk, folder))
    waiting = [idler(imap, str(mailbox), word) for _ in range(10)]
    try:
        before = private(imap.process.pid)
        waiting += [idler(imap, str(mailbox), word) for _ in range(CLIENTS)]
        time.sleep(1)
        grown = (private(imap.process.pid) - before) / CLIENTS
        assert grown < MOST_KB, f"{grown:.1f} KB a connection"
        # Each of them still hears what happens.
        with imap.talk(str(mailbox), "INBOX") as other:
            other.ok("STORE 1 +FLAGS (\\Flagged)")
        for talk in waiting:
            assert b"\\Flagged" in talk.line()
    finally:
        for talk in waiting:
            talk.close()
