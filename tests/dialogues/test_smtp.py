"""Every dialogue in smtp/, against live listeners over a database of their own cast."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from apps.accounts.services.credentials import add_app_password
from apps.domains.services import set_quota
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.services import count_sums, disable_mailbox
from tests import factories
from tests.accounts.signing import with_totp
from tests.workers.listener import free_port, running, trust

from .player import play

DIALOGUES = sorted(Path(__file__).with_name("smtp").glob("*.txt"))
DOORS = {"mx": "MAIL_SMTP_PORT", "submission": "MAIL_SUBMISSION_PORT", "submissions": "MAIL_SUBMISSIONS_PORT"}
PASSWORD = "correct horse battery staple"
HOP = "Received: from a by b; Sun, 01 Mar 2026 12:00:00 +0000\\r\\n"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where dialogues play: the doors that are open, and the words they may use."""

    ports: dict[str, int]
    words: dict[str, str]


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def the_cast() -> dict[str, str]:
    """Make the cast; return the words of the dialogues."""
    domain = factories.a_domain()
    alice = factories.a_mailbox("alice", domain=domain, password=PASSWORD)
    factories.a_role(alice.owner, "domain_admin", domain=domain)
    bob, carol = factories.a_mailbox("bob", domain=domain), factories.a_mailbox("carol", domain=domain)
    fiona = factories.a_mailbox("fiona", domain=domain, password=PASSWORD)
    assert fiona.owner is not None
    with_totp(fiona.owner)
    made = add_app_password(user=fiona.owner, label="phone", actor=SYSTEM)
    dave = factories.a_mailbox("dave", domain=domain, quota_bytes=1000)
    full = factories.a_mailbox("full", domain=domain, quota_bytes=1000)
    full.usage.bytes = 1000
    full.usage.save()
    disabled = factories.a_mailbox("disabled", domain=domain)
    disable_mailbox(mailbox=disabled, actor=SYSTEM)
    # Together they hold what their domain may, though each has room.
    crowded = factories.a_domain(organisation=domain.organisation)
    erin, frank = factories.a_mailbox("erin", domain=crowded), factories.a_mailbox("frank", domain=crowded)
    erin.usage.bytes = 1000
    erin.usage.save()
    set_quota(domain=crowded, quota_bytes=1000, actor=SYSTEM)
    perform(count_sums())
    team = factories.an_alias("team", str(alice), str(carol), domain=domain)
    words = {
        "alice": alice,
        "bob": bob,
        "carol": carol,
        "dave": dave,
        "full": full,
        "disabled": disabled,
        "team": team,
        "frank": frank,
    }
    return {
        **{name: str(value) for name, value in words.items()},
        "domain": domain.name,
        "alice_plain": _b64(f"\0{alice}\0{PASSWORD}"),
        "alice_user64": _b64(str(alice)),
        "alice_password64": _b64(PASSWORD),
        "fiona_plain": _b64(f"\0{fiona}\0{PASSWORD}"),
        "fiona_wrong": _b64(f"\0{fiona}\0wrong"),
        "fiona_app": _b64(f"\0{fiona}\0{made.secret}"),
        "wrong_plain": _b64(f"\0{alice}\0wrong"),
        "nobody_plain": _b64(f"\0nobody@{domain.name}\0wrong"),
        "filler700": "x" * 700,
        "filler2100": "x" * 2100,
        "filler15000": "x" * 15000,
        "filler21000": "\\r\\n".join(["x" * 998] * 21),
        "hops100": HOP * 100,
        "hops101": HOP * 101,
    }


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    with django_db_blocker.unblock():
        words = the_cast()
        ports = {door: free_port() for door in DOORS}
        with running(
            "workers.smtp",
            {DOORS[door]: port for door, port in ports.items()},
            MAIL_MAX_MESSAGE_BYTES="20000",
            MAIL_MAX_RECIPIENTS="3",
            MAIL_HOSTNAME=f"mail.{words['domain']}",
        ):
            yield Stage(ports, words)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda path: path.stem)
def test_it_goes_as_written(dialogue: Path, stage: Stage) -> None:
    play(dialogue, stage.ports, stage.words, trust())
