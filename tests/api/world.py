"""A small world that every role meets: alice's things, of our organisation, and who asks about them."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Session, User
from apps.accounts.services import credentials
from apps.domains import dkim
from apps.domains.keymaking import Algorithm
from apps.domains.models import Domain
from apps.events import trace
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.services import set_member
from apps.mailflow.roster import runs
from apps.mailflow.writing import drafts, uploads
from apps.mailflow.writing.fields import Fields
from apps.mailflow.writing.sending import Sent, send
from apps.protocols.mime.letter import Person
from apps.queue.models import QueuedRecipient
from apps.spam.rules import services as rules
from apps.spam.rules.definitions import Rule, Target
from apps.store.flags import NONE
from apps.store.services import folders
from apps.store.services.appending import append_one
from apps.store.values import FolderRef, Placed
from tests.api.asking import Api
from tests.api.desk import LUNCH
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias
from tests.queue.letters import a_letter, local

WHO = (
    "superadmin",
    "organisation_admin",
    "domain_admin",
    "support",
    "auditor",
    "user",
    "alice",
    "mallory",
    "anonymous",
)
"""Roles stand in alice's organisation, domain_admin in her domain. `user` is a colleague without a role, alice asks
about what is her own, mallory is admin of another organisation, anonymous shows no token."""


@dataclass(frozen=True, slots=True)
class World:
    """What there is, by the names that paths and bodies use."""

    names: Mapping[str, Any]
    domain: Domain
    alice: User

    def path(self, template: str) -> str:
        """Return a path of the table with what it names."""
        return re.sub(r"\{(\w+)\}", lambda found: str(self.names[found[1]]), template)

    def body(self, template: Any) -> Any:
        """Return a body with what it names: `{domain}` in texts, `<user_id>` for numbers."""
        match template:
            case dict():
                return {key: self.body(value) for key, value in template.items()}
            case list():
                return [self.body(value) for value in template]
            case str() if template.startswith("<"):
                return self.names[template.strip("<>")]
            case str():
                return self.path(template)
        return template

    def ask_as(self, who: str) -> Api:
        """Return the API as one of WHO."""
        match who:
            case "anonymous":
                return Api(None)
            case "alice":
                return Api(self.alice)
            case "mallory":
                mallory = a_user("mallory")
                a_role(mallory, "organisation_admin", organisation=mallory.organisation)
                return Api(mallory)
        user = a_user(who.replace("_", "-"), domain=self.domain)
        if who == "domain_admin":
            a_role(user, who, domain=self.domain)
        elif who != "user":
            a_role(user, who, organisation=self.domain.organisation)
        return Api(user)


def a_world() -> World:
    """Make it."""
    domain = a_domain()
    mailbox = a_mailbox("alice", domain=domain)
    alice, carol = mailbox.owner, a_user("carol", domain=domain)
    assert alice is not None
    set_member(mailbox=mailbox, user=carol, rights=["read"], actor=SYSTEM)
    role = a_role(alice, "support", domain=domain)
    alias = an_alias("sales", str(mailbox), domain=domain)
    [key] = dkim.rotate(domain=domain, algorithms=[Algorithm.ED25519], actor=SYSTEM)
    dkim.activate(domain=domain, selector=key.selector, actor=SYSTEM)
    made = credentials.add_app_password(user=alice, label="Phone", actor=SYSTEM)
    token = credentials.add_token(user=alice, label="x", scopes=["mail:read"], actor=SYSTEM)
    session = Session.objects.create(user=alice, door="imap", credential_id=made.credential_id)
    [message] = perform(
        a_letter(local(mailbox.pk, domain.organisation_id, str(mailbox)), sender="x@far.example")
    )
    recipient = QueuedRecipient.objects.select_related("message").get(message_id=message)
    trace_id = recipient.message.trace_id or uuid.uuid4()
    detail = {"origin": "mx", "sender": "x@far.example", "recipients": [str(mailbox)]}
    event = trace.Event(
        trace_id, trace.Kind.ACCEPTED, domain.organisation_id, detail, trace.keys_of(addresses=[str(mailbox)])
    )
    perform(trace.record([event]))
    perform(folders.ensure_defaults(mailbox.pk))
    folder_id = mailbox.folders.get(name="INBOX").pk
    draft_id = uuid.uuid4()
    author: dict[str, Any] = {"user_id": alice.id, "mailbox_id": mailbox.pk, "now": timezone.now()}
    fields = Fields(to=(Person("x@far.example"),), subject="Held")
    drafts.save(draft_id=draft_id, revision=0, fields=fields, **author)
    held = send(fields=fields, hold=timedelta(seconds=60), **author)
    upload = uploads.add(user_id=alice.id, name="x", media_type="text/plain", content=b"x")
    assert isinstance(held, Sent)
    assert isinstance(upload, uploads.Uploaded)
    placed = append_one(
        domain.organisation_id,
        FolderRef(mailbox.pk, folder_id),
        LUNCH % (1, 1),
        flags=NONE,
        received_at=timezone.now(),
    )
    assert isinstance(placed, Placed)
    names = {
        "folder_id": folder_id,
        "draft_id": draft_id,
        "letter_id": held.id,
        "upload_id": upload.id,
        "number": "1",
        "message_id": placed.content_id,
        "organisation_id": domain.organisation_id,
        "domain_id": domain.pk,
        "key_id": key.id,
        "domain": domain.name,
        "user_id": alice.id,
        "member_id": carol.id,
        "role_id": role.pk,
        "session_id": session.id,
        "credential_id": made.credential_id,
        "token_id": token.credential_id,
        "mailbox_id": mailbox.pk,
        "alias_id": alias.pk,
        "rule_id": rules.create_rule(
            place=rules.Place(domain=domain), rule=Rule("OURS", Target.BODY, "x"), actor=SYSTEM
        ).pk,
        "recipient_id": recipient.pk,
        "trace_id": trace_id,
        "import_id": runs.upload(
            user=alice, name="people.csv", data=b"address\nx@nowhere.test\n", actor=SYSTEM
        ).id,
    }
    return World(names, domain, alice)
