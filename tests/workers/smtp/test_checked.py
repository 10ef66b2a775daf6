"""Strangers are checked at the real door, with a real name server: refused, filed as junk, put off, or taken."""

import smtplib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import dkim
import dns.resolver
import pytest
from pytest_django import Settings

from apps.domains.resolver import nameservers
from apps.events.models import MessageEvent
from apps.mailboxes.models import Mailbox
from apps.mailflow import run_queue
from apps.mailflow.run_queue import Turn
from apps.queue.models import QueuedMessage, QueuedRecipient
from apps.reports.models import Observation
from apps.store.models import Content, Folder, Message
from tests import factories
from tests.dns_server import SERVFAIL, Zone, serving
from tests.mailflow.signed import let_sign
from tests.mailflow.strangers import ZONE, letter
from tests.smtp_sink import sinking
from tests.workers.listener import free_port, running, trust
from workers.jobs.remote import carry

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
DOORS = ("MAIL_SMTP_PORT", "MAIL_SUBMISSION_PORT", "MAIL_SUBMISSIONS_PORT")
LOOPBACK = '\ngood.test TXT "v=spf1 ip4:127.0.0.1 -all"\n_dmarc.good.test TXT "v=DMARC1; p=reject"\n'


@dataclass(frozen=True, slots=True)
class Door:
    """The open door, and whose mailbox is behind it."""

    port: int
    alice: Mailbox
    process: subprocess.Popen[bytes]

    def say(self, author: str, sender: str = "m@plain.test") -> tuple[int, bytes]:
        """Hand a letter in by STARTTLS; return the last reply."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="mx.good.test", timeout=30) as client:
            context = trust()
            context.check_hostname = False
            client.starttls(context=context)
            client.ehlo()
            client.mail(sender)
            client.rcpt(str(self.alice))
            return client.data(letter(author))


@pytest.fixture
def door() -> Iterator[Door]:
    QueuedRecipient.objects.all().delete()
    alice = factories.a_mailbox("alice")
    ports = {name: free_port() for name in DOORS}
    with (
        serving(Zone(ZONE + LOOPBACK, {"fault.test": SERVFAIL})) as server,
        running("workers.smtp", ports, MAIL_DNS_SERVERS=server, MAIL_RELAYS="192.0.2.250") as process,
    ):
        yield Door(ports["MAIL_SMTP_PORT"], alice, process)


def test_it_works(door: Door) -> None:
    began = Observation.objects.count()
    assert door.say("bob@good.test", "bob@good.test")[0] == 250
    assert door.say("bob@none.test")[0] == 250
    assert door.say("bob@quarantine.test")[0] == 250
    code, text = door.say("bob@reject.test")
    assert (code, text) == (
        550,
        b"5.7.1 The domain in From wants mail refused that fails DMARC, as this does",
    )
    code, text = door.say("bob@broken.test", "bob@broken.test")
    assert (code, text) == (451, b"4.7.1 DNS cannot tell now whether this passes DMARC, try again later")
    run_queue.run_local(Turn(time.monotonic, time.monotonic() + 30, lambda: False))
    kept = {
        folder.name: Message.objects.filter(mailbox_id=door.alice.id, folder_id=folder.id).count()
        for folder in Folder.objects.filter(mailbox=door.alice)
    }
    assert (kept["INBOX"], kept["Junk"]) == (2, 1)
    prefixes = [bytes(one.prefix).decode() for one in Content.objects.filter(mailbox_id=door.alice.id)]
    assert all("\r\nAuthentication-Results: mail.example.test;\r\n\tspf=" in one for one in prefixes)
    evidence = [one.evidence or {} for one in QueuedMessage.objects.order_by("-id")[:3]]
    assert [one["dmarc"]["result"] for one in evidence] == ["fail", "fail", "pass"]
    assert [one.get("junk") for one in evidence] == ["dmarc", None, None]
    assert Observation.objects.count() == began


def test_what_was_seen_is_counted_when_the_process_stops(door: Door) -> None:
    Observation.objects.all().delete()
    door.say("bob@reject.test")
    door.say("bob@reject.test")
    door.process.terminate()
    door.process.wait(20)
    [told] = MessageEvent.objects.filter(detail__reason__startswith="DMARC of reject.test").order_by("-at")[
        :1
    ]
    assert told.detail["checks"]["dmarc"]["domain"] == "reject.test"
    [row] = Observation.objects.all()
    assert (row.policy_domain, row.count, row.row["disposition"]) == ("reject.test", 2, "reject")


def test_what_an_alias_leads_elsewhere_is_sealed_for_others(settings: Settings) -> None:
    QueuedRecipient.objects.all().delete()
    domain = factories.a_domain()
    factories.an_alias("info", "alice@far.example", domain=domain)
    ports = {name: free_port() for name in DOORS}
    zone = ZONE + LOOPBACK + let_sign(domain)
    with serving(Zone(zone)) as server, sinking(data_size_limit=10**7) as (sink, port):
        with (
            running("workers.smtp", ports, MAIL_DNS_SERVERS=server, MAIL_RELAYS="192.0.2.250"),
            smtplib.SMTP("127.0.0.1", ports["MAIL_SMTP_PORT"], timeout=30) as client,
        ):
            client.sendmail("bob@good.test", [f"info@{domain.name}"], letter("bob@good.test"))
        settings.MAIL_ROUTES = f"*=127.0.0.1:{port}"
        assert carry(Turn(time.monotonic, time.monotonic() + 30, lambda: False)) == 1
        [taken] = sink.taken
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = nameservers([server])

        def ask(name: bytes, timeout: int = 5) -> bytes:
            found = resolver.resolve(name.decode(), "TXT", lifetime=timeout)
            return b"".join(found[0].strings)

        verdict, sets, reason = dkim.arc_verify(taken.data, dnsfunc=ask)
    assert verdict == dkim.CV_Pass, reason
    assert len(sets) == 1
    assert b"dmarc=pass" in taken.data
