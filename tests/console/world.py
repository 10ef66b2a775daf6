"""A small world that every role looks at: alice's things, of our organisation."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.accounts.models import Session, User
from apps.accounts.services import credentials
from apps.domains import dkim
from apps.domains.keymaking import Algorithm
from apps.domains.models import Certificate, Domain
from apps.events.audit import SYSTEM
from apps.events.trace import Event, Kind, record
from apps.events.transactions import perform
from apps.mailboxes.services import set_member
from apps.mailflow.roster import runs
from apps.spam.lists import Effect, Subject
from apps.spam.rules.definitions import Rule
from apps.spam.rules.definitions import Target as Held
from apps.spam.rules.services import Place, create_rule
from apps.spam.scopes import Scope
from apps.spam.services.senders import add_entry
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias
from tests.queue.letters import queue, remote
from tests.spam.factories import a_judgement

WHO = (
    "superadmin",
    "organisation_admin",
    "domain_admin",
    "support",
    "auditor",
    "user",
    "mallory",
    "anonymous",
)
"""Roles stand in alice's organisation, domain_admin in her domain. `user` has no role, mallory is admin of another
organisation, anonymous did not sign in."""


TABLE = b"address;name\nnew@nowhere.test;New\n"


@dataclass(frozen=True, slots=True)
class World:
    """What there is, by the names that addresses use."""

    names: Mapping[str, Any]
    domain: Domain
    alice: User

    def path(self, route: str) -> str:
        """Return an address with what it names."""
        return "/console/" + re.sub(r"<\w+:(\w+)>", lambda found: str(self.names[found[1]]), route)

    def somebody(self, who: str) -> User | None:
        """Return one of WHO."""
        if who == "anonymous":
            return None
        if who == "mallory":
            mallory = a_user("mallory")
            a_role(mallory, "organisation_admin", organisation=mallory.organisation)
            return mallory
        user = a_user(who.replace("_", "-"), domain=self.domain)
        if who == "domain_admin":
            a_role(user, who, domain=self.domain)
        elif who != "user":
            a_role(user, who, organisation=self.domain.organisation)
        return user


def a_world() -> World:
    """Make it. The member's address names carol, every other one alice."""
    domain = a_domain()
    mailbox = a_mailbox("alice", domain=domain)
    shared = a_mailbox("info", domain=domain)
    alice, carol = mailbox.owner, a_user("carol", domain=domain)
    assert alice is not None
    set_member(mailbox=mailbox, user=carol, rights=["read"], actor=SYSTEM)
    role = a_role(alice, "support", domain=domain)
    alias = an_alias("sales", str(mailbox), domain=domain)
    app_password = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    session = Session.objects.create(user=alice, door="imap", credential_id=app_password.credential_id)
    [queued] = queue(remote("x@far.example", domain.organisation_id), sender=str(mailbox))
    trace_id = uuid.uuid4()
    told = {"origin": "mx", "sender": "bob@far.example", "recipients": [str(mailbox)]}
    perform(record([Event(trace_id, Kind.ACCEPTED, domain.organisation_id, told)]))
    [key] = dkim.rotate(domain=domain, algorithms=[Algorithm.ED25519], actor=SYSTEM)
    asked_for, _ = Certificate.objects.get_or_create(
        source="acme",
        domain=domain,
        defaults={"names": [f"mail.{domain.name}"], "made_at": timezone.now(), "changed_at": timezone.now()},
    )
    entry = add_entry(
        scope=Scope(domain), effect=Effect.BLOCK, subject=Subject.DOMAIN, pattern="evil.example", actor=SYSTEM
    )
    made = Rule("OUR_OWN", Held.SUBJECT, "won", 1.0, description="It says that you have won.")
    rule = create_rule(place=Place(domain), rule=made, actor=SYSTEM)
    names = {
        "rule_id": rule.id,
        "version": 0,
        "level": "domain",
        "place_id": domain.id,
        "entry_id": entry.id,
        "judgement_id": a_judgement(mailbox).id,
        "act": "release",
        "key_id": key.id,
        "step": "retire",
        "certificate_id": asked_for.id,
        "recipient_id": queued.pk,
        "action": "hold",
        "reply": "451-4.4.1",
        "organisation_id": domain.organisation_id,
        "domain_id": domain.id,
        "mailbox_id": mailbox.id,
        "shared_id": shared.id,
        "alias_id": alias.id,
        "user_id": alice.id,
        "carol_id": carol.id,
        "role_id": role.id,
        "credential_id": app_password.credential_id,
        "session_id": session.id,
        "trace_id": trace_id,
        "import_id": runs.upload(user=alice, name="people.csv", data=TABLE, actor=SYSTEM).id,
    }
    return World(names, domain, alice)
