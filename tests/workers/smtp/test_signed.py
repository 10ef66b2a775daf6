"""What a user submits on port 587 arrives elsewhere with two signatures that a stranger believes."""

import smtplib
import ssl
import time

import pytest
from pytest_django import Settings

from apps.domains import keys
from apps.mailflow.run_queue import Turn
from apps.queue.models import QueuedRecipient
from tests import factories
from tests.dns_server import Zone, serving
from tests.mailflow.signed import judged, let_sign
from tests.smtp_sink import sinking
from tests.workers.listener import free_port, running, trust
from workers.jobs.remote import carry

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
PASSWORD = "correct horse battery staple"
DOORS = ("MAIL_SMTP_PORT", "MAIL_SUBMISSION_PORT", "MAIL_SUBMISSIONS_PORT")
BODIES = {
    "plain": "hello\r\n..dots\r\n \r\n\r\n",
    "utf-8": "Grüße, wie die 8 Bit sie trügen\r\n",
    "large": "".join(f"{number:072}\r\n" for number in range(40_000)),
}


def test_it_works(settings: Settings) -> None:
    QueuedRecipient.objects.all().delete()
    alice = factories.a_mailbox("alice", password=PASSWORD)
    ports = {name: free_port() for name in DOORS}
    with serving(Zone(let_sign(alice.domain))) as server, sinking(data_size_limit=10**7) as (sink, port):
        with (
            running("workers.smtp", ports),
            smtplib.SMTP("127.0.0.1", ports["MAIL_SUBMISSION_PORT"], timeout=30) as client,
        ):
            client.starttls(context=_any_name())
            client.login(str(alice), PASSWORD)
            for subject, body in BODIES.items():
                letter = f"From: Alice <{alice}>\r\nTo: bob@far.example\r\nSubject: {subject}\r\n\r\n{body}"
                client.sendmail(str(alice), ["bob@far.example"], letter.encode(), ["BODY=8BITMIME"])
        keys.forget()
        settings.MAIL_ROUTES = f"*=127.0.0.1:{port}"
        assert carry(Turn(time.monotonic, time.monotonic() + 30, lambda: False)) == len(BODIES)
        for taken in sink.taken:
            assert judged(taken.data, server) == [("rsa-sha256", True), ("ed25519-sha256", True)]
            assert taken.data.startswith(b"Received: ")


def _any_name() -> ssl.SSLContext:
    context = trust()
    context.check_hostname = False
    return context
