"""The listener process: silence, crowds, stopping, and servers that are away, each with its fixed words."""

import contextlib
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from apps.mailboxes.models import Mailbox
from apps.queue.models import QueuedMessage
from tests import factories
from tests.workers.listener import database_url, free_port, running, trust

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PASSWORD = "correct horse battery staple"
DOORS = ("MAIL_SMTP_PORT", "MAIL_SUBMISSION_PORT", "MAIL_SUBMISSIONS_PORT")


@dataclass(frozen=True, slots=True)
class Listener:
    """A live listener."""

    mx: int
    submission: int
    submissions: int
    process: subprocess.Popen[bytes]

    def talk(self) -> smtplib.SMTP:
        """Open a conversation at the MX door."""
        return smtplib.SMTP("127.0.0.1", self.mx, local_hostname="sender.example", timeout=30)


@contextlib.contextmanager
def a_listener(**environment: str) -> Iterator[Listener]:
    ports = {name: free_port() for name in DOORS}
    with running("workers.smtp", ports, **environment) as process:
        mx, submission, submissions = ports.values()
        yield Listener(mx, submission, submissions, process)


@pytest.fixture(scope="module")
def alice(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Mailbox]:
    with django_db_blocker.unblock():
        yield factories.a_mailbox("alice", password=PASSWORD)


@pytest.fixture(scope="module")
def carol(alice: Mailbox, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock():
        yield str(factories.a_mailbox("carol", domain=alice.domain, password=PASSWORD))


@pytest.fixture(scope="module")
def listener(alice: Mailbox) -> Iterator[Listener]:
    with a_listener(
        MAIL_SMTP_TIMEOUT="1", MAIL_MAX_CONNECTIONS_PER_HOST="5", MAIL_PLAINTEXT_AUTH="1"
    ) as live:
        yield live


def said(sock: socket.socket) -> bytes:
    """Return everything until the other side hangs up."""
    sock.settimeout(10)
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65536):
            data += piece
    return data


def test_it_works(listener: Listener, alice: Mailbox) -> None:
    body = b"Subject: hi\r\n\r\n" + bytes(range(1, 10)) + b"\x0b\x0c" + bytes(range(14, 256)) + b"\r\n"
    with listener.talk() as client:
        client.sendmail("friend@sender.example", [str(alice)], body, ["BODY=8BITMIME"])
    message = QueuedMessage.objects.latest("id")
    assert message.sender == "friend@sender.example"
    assert message.size == len(body)
    prefix = bytes(message.prefix).decode()
    assert re.fullmatch(
        rf"Received: from sender\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.example\.test with ESMTP id "
        rf"{message.trace_id.hex}\r\n\tfor <{re.escape(str(alice))}>;\r\n\t.* \+0000\r\n",
        prefix,
    )


def test_a_silent_client_is_let_go(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.mx)) as sock:
        sock.sendall(b"EHLO sender.example\r\nNO")
        assert said(sock).endswith(b"\r\n421 4.4.2 You were silent for too long, goodbye\r\n")


@pytest.mark.slow
def test_so_is_one_that_stops_within_data(listener: Listener, alice: Mailbox) -> None:
    with socket.create_connection(("127.0.0.1", listener.mx)) as sock:
        sock.sendall(f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{alice}>\r\nDATA\r\nSubject: x\r\n".encode())
        assert said(sock).endswith(b"\r\n421 4.4.2 You were silent for too long, goodbye\r\n")


def test_one_host_gets_so_many_connections(listener: Listener) -> None:
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", listener.mx))) for _ in range(7)
        ]
        first = [client.recv(100)[:3] for client in clients]
        assert first == [b"220"] * 5 + [b"421"] * 2
        assert said(clients[-1]) == b""
    time.sleep(0.2)
    with listener.talk() as client:
        assert client.noop()[0] == 250


def test_commands_sent_before_hanging_up_are_obeyed(listener: Listener, alice: Mailbox) -> None:
    with socket.create_connection(("127.0.0.1", listener.mx)) as sock:
        sock.sendall(
            f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{alice}>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n".encode()
        )
        sock.shutdown(socket.SHUT_WR)
        assert b"\r\n250 2.0.0 Queued as " in said(sock)


def test_half_a_message_is_no_message(listener: Listener, alice: Mailbox) -> None:
    before = QueuedMessage.objects.count()
    with socket.create_connection(("127.0.0.1", listener.mx)) as sock:
        sock.sendall(f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{alice}>\r\nDATA\r\nSubject: x\r\n\r\n.\r".encode())
        sock.shutdown(socket.SHUT_WR)
        assert b"Queued" not in said(sock)
    assert QueuedMessage.objects.count() == before


@pytest.mark.slow
def test_who_talks_without_listening_is_not_listened_to(alice: Mailbox) -> None:
    with a_listener() as live, socket.create_connection(("127.0.0.1", live.mx)) as sock:
        sock.settimeout(0.5)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 * 2**20:
                sent += sock.send(b"NOOP\r\n" * 10_000)
        assert sent < 32 * 2**20, "what the kernel holds for both sides, and a little more"
        with live.talk() as client:
            assert client.noop()[0] == 250


def test_a_failed_handshake_ends_the_connection_and_nothing_else(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.mx)) as sock:
        sock.sendall(b"EHLO x\r\nSTARTTLS\r\n")
        time.sleep(0.1)
        sock.sendall(b"this is no handshake at all\r\n" * 10)
        said(sock)
    with listener.talk() as client:
        client.starttls(context=trust())
        assert client.ehlo()[0] == 250


def test_old_tls_is_refused(listener: Listener) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        pytest.raises((ssl.SSLError, OSError)),
        socket.create_connection(("127.0.0.1", listener.submissions)) as sock,
    ):
        context.wrap_socket(sock)


def test_on_loopback_tests_may_sign_in_without_tls(listener: Listener, alice: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client:
        assert client.login(str(alice), PASSWORD)[0] == 235


def test_a_submitted_message_is_completed(listener: Listener, alice: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client:
        client.login(str(alice), PASSWORD)
        body = f"From: {alice}\r\nTo: x@elsewhere.example\r\nBcc: y@elsewhere.example\r\nSubject: hi\r\n\r\nhi\r\n"
        client.sendmail(str(alice), ["x@elsewhere.example", "y@elsewhere.example"], body)
    message = QueuedMessage.objects.latest("id")
    assert message.origin == "submission"
    assert {recipient.lane for recipient in message.recipients.all()} == {"remote"}
    assert b"ESMTPA" in bytes(message.prefix)
    assert b"for <" not in bytes(message.prefix)
    assert message.size > len(body) - len("Bcc: y@elsewhere.example\r\n")


def test_users_cannot_say_what_we_found_either(listener: Listener, alice: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client:
        client.login(str(alice), PASSWORD)
        body = f"Date: x\r\nMessage-ID: <1@x>\r\nFrom: {alice}\r\n\r\nhi\r\n"
        forged = f"Authentication-Results: {settings.MAIL_HOSTNAME};\r\n dkim=pass header.d=bank.example\r\n"
        client.sendmail(str(alice), ["x@elsewhere.example"], forged + body)
        assert QueuedMessage.objects.latest("id").size == len(body)


def test_a_sender_who_is_not_the_user_is_taken_out(listener: Listener, alice: Mailbox, carol: str) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client:
        client.login(str(alice), PASSWORD)
        for sender in (str(alice), carol):
            body = f"Date: x\r\nMessage-ID: <1@x>\r\nFrom: {alice}\r\nSender: {sender}\r\n\r\nhi\r\n"
            client.sendmail(str(alice), ["x@elsewhere.example"], body)
            kept = len(body) - (0 if sender == str(alice) else len(f"Sender: {sender}\r\n"))
            assert QueuedMessage.objects.latest("id").size == kept


def test_a_session_that_was_ended_sends_nothing_more(listener: Listener, carol: str) -> None:
    with (
        psycopg.connect(database_url(), autocommit=True) as database,
        smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client,
    ):
        client.login(carol, PASSWORD)
        assert client.mail(carol)[0] == 250
        client.rset()
        database.execute(
            "UPDATE accounts_session SET ended_at = now() WHERE user_id = "
            "(SELECT id FROM accounts_user WHERE address = %s)",
            [carol],
        )
        assert client.mail(carol) == (530, b"5.7.0 Sign in first")


@pytest.mark.parametrize(
    ("shut", "open_again"),
    [
        (f"{change} = false WHERE {which}", f"{change} = true WHERE {which}")
        for change, which in (
            ("organisations_organisation SET is_active", "id = (SELECT organisation_id FROM carol)"),
            ("domains_domain SET is_active", "id = (SELECT domain_id FROM carol)"),
            ("accounts_user SET is_active", "id = (SELECT id FROM carol)"),
        )
    ]
    + [
        (
            "accounts_credential SET expires_at = now() WHERE user_id = (SELECT id FROM carol)",
            "accounts_credential SET expires_at = NULL WHERE user_id = (SELECT id FROM carol)",
        )
    ],
    ids=["organisation", "domain", "user", "credential"],
)
def test_whom_we_no_longer_let_in_sends_nothing_more(
    listener: Listener, carol: str, shut: str, open_again: str
) -> None:
    who = "WITH carol AS (SELECT * FROM accounts_user WHERE address = %s) UPDATE "
    with (
        psycopg.connect(database_url(), autocommit=True) as database,
        smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client,
    ):
        client.login(carol, PASSWORD)
        assert client.mail(carol)[0] == 250
        client.rset()
        database.execute(who + shut, [carol])
        try:
            assert client.mail(carol) == (530, b"5.7.0 Sign in first")
        finally:
            database.execute(who + open_again, [carol])


@pytest.mark.slow
def test_whoever_guesses_passwords_is_told_to_wait(listener: Listener) -> None:
    answers = []
    for guess in range(60):
        with smtplib.SMTP("127.0.0.1", listener.submission, timeout=10) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError) as error:
                client.login("mallory@example.test", f"guess {guess}")
            answers.append((error.value.smtp_code, error.value.smtp_error))
        if answers[-1][0] == 454:
            break
    assert answers[0] == (535, b"5.7.8 Authentication credentials invalid")
    assert answers[-1] == (454, b"4.7.0 Too many failures, try again later")


def test_refusals_are_traced(listener: Listener) -> None:
    with listener.talk() as client:
        client.helo("sender.example")
        client.mail("mallory@sender.example")
        assert client.rcpt("traced@elsewhere.example")[0] == 550
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT detail FROM events_messageevent WHERE keys @> ARRAY['traced@elsewhere.example']"
            )
            if rows := cursor.fetchall():
                break
        time.sleep(0.1)
    assert "not one of our domains" in str(rows)


@pytest.mark.slow
def test_a_bug_of_ours_is_never_told(alice: Mailbox) -> None:
    with a_listener() as live, live.talk() as client:
        client.ehlo()
        with psycopg.connect(database_url(), autocommit=True) as database:
            database.execute("ALTER FUNCTION mailboxes_route(text[]) RENAME TO mailboxes_route_away")
            try:
                client.mail("friend@sender.example")
                assert client.rcpt(str(alice)) == (451, b"4.3.0 Temporary failure, try again later")
            finally:
                database.execute("ALTER FUNCTION mailboxes_route_away(text[]) RENAME TO mailboxes_route")
        assert client.rcpt(str(alice))[0] == 250


@pytest.mark.slow
def test_it_lets_clients_finish_when_it_stops(alice: Mailbox) -> None:
    with a_listener(MAIL_DRAIN_SECONDS="5") as live:
        idle = live.talk()
        assert idle.ehlo()[0] == 250
        busy = live.talk()
        busy.ehlo()
        busy.mail("friend@sender.example")
        busy.rcpt(str(alice))
        assert busy.docmd("DATA")[0] == 354
        live.process.send_signal(signal.SIGTERM)
        assert idle.getreply() == (421, b"4.3.2 Shutting down, try again later")
        busy.send(b"Subject: last\r\n\r\nlast\r\n.\r\n")
        assert busy.getreply()[0] == 250
        assert busy.getreply() == (421, b"4.3.2 Shutting down, try again later")
        assert live.process.wait(10) == 0


@pytest.mark.slow
def test_without_its_database_it_says_try_again(tmp_path: Path) -> None:
    with (
        a_listener(DATABASE_URL=f"postgresql://x@/x?host={tmp_path}", MAIL_PLAINTEXT_AUTH="1") as live,
        live.talk() as client,
    ):
        client.ehlo()
        client.mail("friend@sender.example")
        assert client.rcpt("alice@example.test") == (451, b"4.3.0 Temporary failure, try again later")
        with smtplib.SMTP("127.0.0.1", live.submission, timeout=30) as user:
            with pytest.raises(smtplib.SMTPAuthenticationError) as error:
                user.login("alice@example.test", PASSWORD)
            assert (error.value.smtp_code, error.value.smtp_error) == (
                454,
                b"4.7.0 Temporary authentication failure",
            )
