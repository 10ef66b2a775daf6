"""Slow, silent, greedy and broken clients; servers that are away; stopping."""

import contextlib
import signal
import socket
import time

import pytest

from tests import factories

from .live import PASSWORD, Live, Talk, an_imap_listener
from .test_news import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def said(talk: Talk) -> bytes:
    """Return everything until the listener hangs up."""
    data = b""
    while piece := talk.file.read1(65536):
        data += piece
    return data


def resident(pid: int) -> int:
    """Return a process's memory in KB."""
    with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4


def test_bytes_may_come_one_by_one(imap: Live, alice: str) -> None:
    with imap.talk() as talk:
        for byte in f"a LOGIN {alice} {{{len(PASSWORD)}+}}\r\n{PASSWORD}\r\nb SELECT INBOX\r\n".encode():
            talk.send(bytes([byte]))
        assert talk.until(b"b ")[1].startswith(b"OK [READ-WRITE]")


def test_many_pipelined_commands_are_all_answered_in_order(imap: Live, alice: str) -> None:
    with imap.talk(alice, "INBOX") as talk:
        data = b"".join(b"p%d NOOP\r\n" % n for n in range(2_000))
        talk.socket.settimeout(60)
        talk.socket.setblocking(True)
        import threading

        writer = threading.Thread(target=talk.send, args=[data])
        writer.start()
        for n in range(2_000):
            assert talk.line() == b"p%d OK Completed\r\n" % n
        writer.join()


@pytest.mark.slow
def test_a_client_that_does_not_read_costs_bounded_memory_and_nobody_else_time(
    imap: Live, alice: str
) -> None:
    with imap.talk(alice) as talk:
        body = b"Subject: large\r\n\r\n" + b"x" * 180_000 + b"\r\n"
        for _ in range(30):
            talk.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(body), body))
    with imap.talk(alice, "INBOX") as slow, imap.talk(alice) as quick:
        before = resident(imap.process.pid)
        for n in range(20):
            slow.send(b"s%d FETCH 1:* (BODY.PEEK[])\r\n" % n)
        time.sleep(1)
        start = time.monotonic()
        quick.ok("NOOP")
        assert time.monotonic() - start < 0.5
        assert resident(imap.process.pid) - before < 40_000
        for n in range(20):
            lines, answer = slow.until(b"s%d " % n)
            assert len(lines) == 30
            assert answer == b"OK Completed\r\n"


def test_a_client_that_hangs_up_in_the_middle_hurts_nobody(imap: Live, alice: str) -> None:
    deliver(alice, 50)
    for command in (b"s FETCH 1:* (BODY[])\r\n", b"s IDLE\r\n", b"s APPEND INBOX {100}\r\nhalf", b"s SEL"):
        with imap.talk(alice, "INBOX") as talk:
            talk.send(command)
    with imap.talk(alice, "INBOX") as talk:
        talk.ok("NOOP")


def test_a_failed_handshake_ends_the_connection_and_nothing_else(imap: Live) -> None:
    with imap.talk() as talk:
        talk.ok("CAPABILITY")
        talk.send(b"a STARTTLS\r\n")
        assert talk.line().startswith(b"a OK")
        talk.send(b"this is no handshake\r\n" * 10)
        talk.socket.settimeout(10)
        with contextlib.suppress(ConnectionError):
            said(talk)
    with imap.talk() as talk:
        talk.ok("STARTTLS")
        talk.starttls()
        talk.ok("NOOP")


def test_one_host_gets_so_many_connections() -> None:
    with an_imap_listener(MAIL_MAX_CONNECTIONS_PER_HOST="2") as live, live.talk(), live.talk():
        third = Talk(live.imap)
        assert said(third) == b"* BYE Too many connections\r\n"


def test_silent_clients_are_let_go(alice: str) -> None:
    with (
        an_imap_listener(MAIL_IMAP_TIMEOUT="1", MAIL_IMAP_LOGIN_TIMEOUT="1") as live,
        live.talk() as stranger,
        live.talk(alice) as silent,
        live.talk(alice, "INBOX") as idle,
    ):
        idle.send(b"i IDLE\r\n")
        assert idle.line() == b"+ idling\r\n"
        assert said(stranger) == b"* BYE Too slow to sign in\r\n"
        assert said(silent) == b"* BYE Idle for too long\r\n"
        assert said(idle) == b"* BYE Idle for too long\r\n"


def test_stopping_says_goodbye_to_all(alice: str) -> None:
    with (
        an_imap_listener() as live,
        live.talk(alice, "INBOX") as idle,
        live.talk(alice) as plain,
        live.talk() as new,
    ):
        idle.send(b"i IDLE\r\n")
        assert idle.line() == b"+ idling\r\n"
        start = time.monotonic()
        live.process.send_signal(signal.SIGTERM)
        for talk in (idle, plain, new):
            assert said(talk) == b"* BYE Server shutting down\r\n"
        assert live.process.wait(10) == 0
        assert time.monotonic() - start < 5


def test_a_disabled_user_is_cut_off(imap: Live) -> None:
    from apps.accounts.services import users
    from apps.events.audit import SYSTEM

    bob = factories.a_mailbox("bob", password=PASSWORD)
    assert bob.owner is not None
    with imap.talk(str(bob), "INBOX") as idle, imap.talk(str(bob)) as other:
        idle.send(b"i IDLE\r\n")
        assert idle.line() == b"+ idling\r\n"
        users.disable_user(user=bob.owner, actor=SYSTEM)
        assert said(idle) == b"* BYE Access revoked\r\n"
        assert said(other) == b"* BYE Access revoked\r\n"
    with imap.talk() as talk:
        assert (
            talk.ask(f'LOGIN {bob} "{PASSWORD}"')[1] == b"NO [AUTHENTICATIONFAILED] Authentication failed\r\n"
        )


def test_a_full_mailbox_takes_no_more(imap: Live) -> None:
    full = str(factories.a_mailbox("full", password=PASSWORD, quota_bytes=100))
    with imap.talk(full, "INBOX") as talk:
        talk.ok(b"APPEND INBOX {60+}\r\n" + b"x" * 60)
        assert talk.ask(b"APPEND INBOX {60+}\r\n" + b"x" * 60)[1] == b"NO [OVERQUOTA] Quota exceeded\r\n"
        assert talk.ask("COPY 1 Archive")[1] == b"NO [OVERQUOTA] Quota exceeded\r\n"
        talk.ok("MOVE 1 Archive")


def test_a_full_domain_takes_no_more(imap: Live) -> None:
    from apps.domains.services import set_quota
    from apps.events.audit import SYSTEM
    from apps.events.transactions import perform
    from apps.mailboxes.services import count_sums

    erin = factories.a_mailbox("erin", password=PASSWORD)
    set_quota(domain=erin.domain, quota_bytes=60, actor=SYSTEM)
    with imap.talk(str(erin), "INBOX") as talk:
        talk.ok(b"APPEND INBOX {60+}\r\n" + b"x" * 60)
        perform(count_sums())
        assert talk.ask(b"APPEND INBOX {1+}\r\nx")[1] == b"NO [OVERQUOTA] Quota exceeded\r\n"
        assert talk.ask("COPY 1 Archive")[1] == b"NO [OVERQUOTA] Quota exceeded\r\n"
        talk.ok("MOVE 1 Archive")


def test_what_is_said_to_a_closed_door_is_not_a_crash(imap: Live) -> None:
    with socket.create_connection(("127.0.0.1", imap.imaps)) as raw:
        raw.sendall(b"a CAPABILITY\r\n")
        raw.settimeout(10)
        with contextlib.suppress(ConnectionError):
            while raw.recv(1000):
                pass
    with imap.talk() as talk:
        talk.ok("NOOP")


def test_commands_sent_before_hanging_up_are_obeyed(imap: Live, alice: str) -> None:
    with imap.talk() as talk:
        talk.send(f'a LOGIN {alice} "{PASSWORD}"\r\nb CREATE late\r\nc STATUS late (MESSAGES)\r\n'.encode())
        talk.socket.shutdown(socket.SHUT_WR)
        assert said(talk).endswith(b"* STATUS late (MESSAGES 0)\r\nc OK Completed\r\n")
